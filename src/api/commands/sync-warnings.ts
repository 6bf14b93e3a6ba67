/** What `getinfo` and `invoice` say while the chain is not known well enough to accept payments: Core Lightning's warnings. */
import type { ChainView } from '../../infra/chain/source.ts';
import { answer } from '../rpc/answer.ts';

/** The fields, for a command's `returns`. */
export const SYNC_WARNINGS = {
  warning_bitcoind_sync: answer.optional(
    answer.string(
      'The source of blocks is not up to date: it waits for blocks itself, does not answer, is behind what this node has seen, or its newest block is older than `max-tip-age`. Payments wait, and are refused after a minute.',
    ),
  ),
  warning_lightningd_sync: answer.optional(
    answer.string(
      'Till is still reading blocks from its source. Payments wait for it, and are refused after a minute.',
    ),
  ),
};

/** The warnings that hold now, in Core Lightning's words: one, or none. */
export function syncWarnings(view: ChainView): {
  readonly warning_bitcoind_sync?: string;
  readonly warning_lightningd_sync?: string;
} {
  switch (view.kind) {
    case 'current':
      return {};
    case 'source_behind':
      return { warning_bitcoind_sync: `Bitcoind is not up-to-date with network. (${view.reason})` };
    case 'following':
      return { warning_lightningd_sync: 'Still loading latest blocks from bitcoind.' };
  }
}
