/** Where else a node runs, when none answers where it was looked for: most often `--network` was forgotten. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { shellWord } from '../../api/rpc/faces/typed.ts';
import { NETWORKS } from '../../base/types/network.ts';
import { loadConfig } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import type { ClientRequest } from './arguments.ts';

/** A sentence for each other network of the same directory whose node answers. */
export async function nodesElsewhere(
  { rpc_file, place, method, words }: Pick<ClientRequest, 'rpc_file' | 'place' | 'method' | 'words'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.keys(NETWORKS).map(async (network) => {
      const path = socketOf([...place, `--network=${network}`], env);
      if (path === undefined || path === rpc_file || !(await answers(path))) return [];
      const kept = place.filter((option) => /^--(lightning-dir|conf|rpc-file)=/.test(option));
      const line = ['till', ...kept, `--network=${network}`, method, ...words].map(shellWord).join(' ');
      return [`a node answers on ${network}: ${line}`];
    }),
  );
  return found.flat();
}

/** Undefined where the config file of that network makes no sense. */
function socketOf(options: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  try {
    return loadConfig(options, env).rpc_file;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
