/** What is wrong with the way in which a server copies to its replicas, for a node that keeps its money there. */
import type { Log } from '../../base/log.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import type { Replication } from '../../infra/store/postgres/replication.ts';
import type { Config } from '../config/config.ts';

const FAULT =
  'the server replicates asynchronously: when a replica takes its place, payments that were reported may be missing. Set ' +
  'synchronous_standby_names';

/**
 * A server with replicas may lose what it confirmed, unless it waits for one of them. Throws StoreFailure when one half of
 * a pair (`standby`) would rest on such a server, unless that was accepted. Logs and answers what to warn of otherwise: a
 * node alone may work with a replica that is never promoted, but its operator has to know.
 */
export function replicationFault(
  { is_synchronous, replicas }: Replication,
  { values }: { readonly values: Pick<Config['values'], 'standby' | 'database-must-be-synchronous'> },
  log: Pick<Log, 'warn'>,
): string | undefined {
  if (replicas === 0 || is_synchronous) return undefined;
  if (values.standby && values['database-must-be-synchronous']) {
    throw new StoreFailure(`${FAULT}, or accept that with --database-must-be-synchronous=false`);
  }
  log.warn(FAULT);
  return FAULT;
}
