/**
 * `till connect-wallet`: what a wallet such as Zeus needs to speak to this node over REST: one link, as text and as a QR
 * code, with a rune that is made for it.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Client, ConnectionError, connectToNode } from '../../api/client/index.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { ownHelp } from './own-commands.ts';
import { qrCode } from './qr-code.ts';

/** What the arguments say; what is not an option of this command is one of the node's place. */
interface Asked {
  readonly host: string | undefined;
  readonly is_readonly: boolean;
  readonly place: readonly string[];
}

function readArguments(args: readonly string[]): Asked {
  const host = args.find((argument) => argument.startsWith('--host='))?.slice('--host='.length);
  return {
    host,
    is_readonly: args.includes('--readonly'),
    place: args.filter((argument) => argument !== '--readonly' && !argument.startsWith('--host=')),
  };
}

/** Prints the link; resolves with the exit code. */
export async function connectWallet(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(ownHelp('connect-wallet'));
    return EXIT.ok;
  }
  const { host, is_readonly, place } = readArguments(args);
  let client: Client | undefined;
  try {
    const config = loadConfig(place);
    client = await connectToNode(config.rpc_file);
    const door = await whereServed(client, config, host);
    const { rune, unique_id } = await client.call('createrune', is_readonly ? { restrictions: 'readonly' } : {});
    show(door, rune);
    const can = is_readonly ? 'may look, and change nothing' : 'can spend everything that the node has';
    process.stderr.write(
      `\nWhoever has this link ${can}. To revoke it: till blacklistrune ${unique_id}\n` +
        (door.is_local ? LOCAL_ONLY : ''),
    );
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ConnectionError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return error instanceof ConfigError ? EXIT.usage : EXIT.unreachable;
  } finally {
    client?.close();
  }
}

const LOCAL_ONLY =
  'The node serves REST on this machine alone, so only a wallet on it can connect: start the node with ' +
  '--clnrest-host=ADDRESS, or name the address of a proxy with --host=ADDRESS:PORT.\n';

/** Where a wallet finds the node. */
interface Door {
  readonly address: string;
  readonly protocol: string;
  /** PEM, base64; undefined without TLS. */
  readonly certs: string | undefined;
  readonly is_local: boolean;
}

/** Throws ConfigError where the node serves no REST. */
async function whereServed(client: Client, { network_dir }: Config, given: string | undefined): Promise<Door> {
  const { configs } = await client.call('listconfigs');
  const settingOf = (name: string): string | undefined => {
    const config = (configs as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[name];
    const value = config?.value_str ?? config?.value_int;
    return value === undefined ? undefined : String(value);
  };
  const port = settingOf('clnrest-port');
  if (port === undefined) {
    throw new ConfigError('this node serves no REST: start it with --clnrest-port=PORT, such as 3010');
  }
  if (port === '0' && given === undefined) {
    throw new ConfigError(
      'this node serves REST on any free port: its log says which; name it with --host=ADDRESS:PORT',
    );
  }
  const host = settingOf('clnrest-host') ?? '127.0.0.1';
  const protocol = settingOf('clnrest-protocol') ?? 'https';
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  const directory = settingOf('clnrest-certs') ?? network_dir;
  return {
    address: given ?? `${shown}:${port}`,
    protocol,
    certs: protocol === 'https' ? certificatesIn(directory) : undefined,
    is_local: given === undefined && (host === 'localhost' || host === '::1' || host.startsWith('127.')),
  };
}

/** The client's key and certificate and the authority, as cln-application takes them. */
function certificatesIn(directory: string): string {
  try {
    const files = ['client-key.pem', 'client.pem', 'ca.pem'].map((name) =>
      readFileSync(join(directory, name), 'utf8').trim(),
    );
    return Buffer.from(`${files.join('\n')}\n`).toString('base64');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError(`the certificates in ${directory} cannot be read (${reason})`);
  }
}

/** The link alone in a pipe; at a terminal a QR code of the short one as well. */
function show({ address, protocol, certs }: Door, rune: string): void {
  const short = `clnrest+${protocol}://${address}?rune=${encodeURIComponent(rune)}`;
  const whole = certs === undefined ? short : `${short}&certs=${encodeURIComponent(certs)}`;
  process.stdout.write(`${whole}\n`);
  if (!process.stdout.isTTY) return;
  process.stdout.write(
    `\nFor a phone, without the certificates:\n\n${short}\n\n` +
      qrCode(short, { columns: process.stdout.columns, has_colours: process.env.NO_COLOR === undefined }, 'as it is'),
  );
}
