/** Whether the node is well, for whoever watches it: `/healthz` (does it work at all?) and `/readyz` (can it be paid?). */
import { waysIn } from '../../node/channels/hint-source.ts';
import type { BuiltLayers } from './command-modules.ts';

/** What is answered: 200 when there are no problems, 503 otherwise. */
export interface Health {
  readonly problems: readonly string[];
}

/** The database answers: a process that hangs answers nothing at all. */
export async function liveness({ infra: { store } }: Pick<BuiltLayers, 'infra'>): Promise<Health> {
  try {
    await store.read("SELECT value FROM counters WHERE name = 'events'");
    return { problems: [] };
  } catch (error) {
    return { problems: [`the database does not answer: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

/** The chain is current and some channel can receive. */
export async function readiness(layers: Pick<BuiltLayers, 'infra' | 'node'>): Promise<Health> {
  const { chain } = layers.infra;
  const { channels } = layers.node;
  const { problems } = await liveness(layers);
  const can_receive = waysIn(channels.list()).some(({ online, receivable_msat }) => online && receivable_msat > 0n);
  return {
    problems: [
      ...problems,
      ...(chain.isCurrent() ? [] : ['the chain is not current: see getinfo']),
      ...(can_receive ? [] : ['no channel that is up can receive: see listpeerchannels']),
    ],
  };
}
