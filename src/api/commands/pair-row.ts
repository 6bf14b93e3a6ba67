/** What `getinfo` says of the pair that a node is one half of. */
import { answer } from '../rpc/answer.ts';
import type { PairState } from './modules.ts';

/** The fields, for a command's `returns`. */
export const PAIR_FIELDS = {
  pair: answer.optional(
    answer.object(
      {
        state: answer.oneOf(['active', 'standby'], 'Whether this node works, or waits to take over.'),
        node_name: answer.string('The name of this node: the option `node-name`.'),
        holder: answer.string('The name of the node that works; empty while none does.'),
        standbys: answer.array(answer.string('The name of a node.'), 'The nodes that wait to take over.'),
      },
      'How this node stands to the other one, where the database is on a server.',
    ),
  ),
  warning_database_asynchronous: answer.optional(
    answer.string('The server may lose what it confirmed when a replica takes its place. Says what to do.'),
  ),
};

/** The fields as they are now. */
export function pairRow(state: PairState | undefined) {
  if (state === undefined) return {};
  const { warning, ...pair } = state;
  return { pair, ...(warning === undefined ? {} : { warning_database_asynchronous: warning }) };
}
