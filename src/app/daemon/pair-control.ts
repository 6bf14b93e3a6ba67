/** The pair, as the commands of the node that works see it. */
import type { PairControl } from '../../api/commands/modules.ts';
import { RpcError } from '../../base/errors.ts';
import type { ServerPair } from './database.ts';

/** `pair` is undefined where the database is a file: then there is no other node. */
export function pairControl(pair: ServerPair | undefined, onHandOver: () => void): PairControl {
  return {
    async state() {
      if (pair === undefined) return undefined;
      const { name, warning } = pair;
      return { state: 'active', node_name: name, holder: name, standbys: await pair.standbys(), warning };
    },
    async standbyToTakeOver() {
      if (pair === undefined) {
        throw new RpcError(
          'NO_STANDBY',
          'The database of this node is a file: a pair needs one on a PostgreSQL server',
        );
      }
      const [standby] = await pair.standbys();
      if (standby === undefined) {
        throw new RpcError('NO_STANDBY', 'No standby is connected to the database: start one with --standby');
      }
      return standby;
    },
    handOver: onHandOver,
  };
}
