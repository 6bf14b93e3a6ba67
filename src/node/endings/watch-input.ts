/** What a watch on an outpoint reports, as the state machine of an ending hears it. */
import type { ChainSource } from '../../infra/chain/source.ts';
import type { OnchainInput } from '../../protocol/onchain/state.ts';

type Spent = Parameters<Parameters<ChainSource['watch']>[2]>[0];

/** The input that follows from an event of the watch. */
export function inputOf(event: Spent): OnchainInput {
  if (event.kind === 'disconnected') return { kind: 'disconnected', txid: event.txid, height: event.block.height };
  const { transaction, block } = event.confirmation;
  return { kind: 'spent', transaction, height: block.height, revoked_htlcs: [] };
}
