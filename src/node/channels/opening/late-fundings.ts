/**
 * Channels that were given up because their funding did not come in two weeks, and in which money was pushed to us. Their
 * terms, keys and state are kept, and the funding is watched for: should it come after all, the channel is there again,
 * and our commitment goes to the chain.
 */
import type { ChannelId, NodeId } from '../../../base/types/brand.ts';
import type { ChainSource, Confirmation } from '../../../infra/chain/source.ts';
import { readAll } from '../../../infra/store/read-all.ts';
import type { Store, Write } from '../../../infra/store/store.ts';
import { decodeState, encodeState } from '../../../protocol/channel/codec.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';
import { isFundingOf } from '../funding-output.ts';

/** What is kept of such a channel. */
export interface LateFunding {
  readonly peer_id: NodeId;
  readonly key_id: string;
  /** Its last state. */
  readonly state: ChannelState;
}

const REASON = 'its funding came too late';

/** What is written when a channel is given up. */
export function keepWrite({ peer_id, key_id, state }: LateFunding): Write {
  return {
    sql: 'INSERT INTO late_fundings (channel_id, peer_id, key_id, state) VALUES (?, ?, ?, ?)',
    params: [state.terms.channel_id, peer_id, key_id, encodeState(state)],
  };
}

/** What is written when it is there again. */
export function foundWrite(channel_id: ChannelId): Write {
  return { sql: 'DELETE FROM late_fundings WHERE channel_id = ?', params: [channel_id] };
}

export class LateFundings {
  readonly #chain: ChainSource;
  readonly #found: (late: LateFunding, confirmation: Confirmation) => void;
  readonly #cancels = new Map<ChannelId, () => void>();

  /** `found`: a block holds the funding. The state is that of a channel that has failed. */
  constructor(chain: ChainSource, found: (late: LateFunding, confirmation: Confirmation) => void) {
    this.#chain = chain;
    this.#found = found;
  }

  /** Watches for those of earlier runs; answers them. `resume_height`: the first block that was not told to them. */
  async start(store: Store, resume_height: number): Promise<readonly LateFunding[]> {
    const rows = await readAll(store, 'SELECT * FROM late_fundings ORDER BY channel_id');
    const all = rows.map(({ peer_id, key_id, state }) => ({
      peer_id: peer_id as NodeId,
      key_id: key_id as string,
      state: decodeState(state as string),
    }));
    for (const late of all) this.watch(late, resume_height);
    return all;
  }

  /** Watches for the funding of a channel that was given up. */
  watch(late: LateFunding, from_height: number): void {
    const { terms } = late.state;
    const target = { kind: 'transaction', txid: terms.funding_txid } as const;
    const cancel = this.#chain.watch(target, from_height, (event) => {
      if (event.kind !== 'confirmed' || !isFundingOf(terms, event.confirmation.transaction)) return;
      this.#end(terms.channel_id);
      const failure = { by: 'local', reason: REASON, data_loss: false } as const;
      this.#found({ ...late, state: { ...late.state, phase: 'failed', link: 'down', failure } }, event.confirmation);
    });
    this.#cancels.set(terms.channel_id, cancel);
  }

  /** Watches for none any more. */
  stop(): void {
    for (const channel_id of [...this.#cancels.keys()]) this.#end(channel_id);
  }

  #end(channel_id: ChannelId): void {
    this.#cancels.get(channel_id)?.();
    this.#cancels.delete(channel_id);
  }
}
