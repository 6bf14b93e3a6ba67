/**
 * One channel that ends on the chain: feeds the pure machine of src/protocol/onchain with what happens, in order, and hands what
 * it asks for to endings.ts, which commits first and acts then.
 */

import type { ChannelId, Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { ChannelKeys } from '../../codec/tx/channel-keys.ts';
import { parseTransaction, txidOf } from '../../codec/tx/transaction.ts';
import type { Row } from '../../infra/store/store.ts';
import type { ClosingChannel, OnchainEnvironment } from '../../protocol/onchain/closing-channel.ts';
import { decodeRevokedHtlc, revokedHtlcsAt } from '../../protocol/onchain/revoked-htlc.ts';
import type { OnchainEffect, OnchainInput, OnchainState } from '../../protocol/onchain/state.ts';
import { revokedNumberOf, stepOnchain } from '../../protocol/onchain/step.ts';
import { closingChannelOf, revokedInState } from './closing-channel.ts';
import type { OverChannel } from './ports.ts';
import type { EndingRecord } from './row.ts';

/** What an ending asks of the module around it. */
export interface EndingHost {
  environment(ending: LiveEnding): OnchainEnvironment;
  /** The record has changed, and this is to be done once that is durable. */
  follow(ending: LiveEnding, effects: readonly OnchainEffect[]): void;
  /** The stored rows of this channel's revoked HTLCs, those that are only about to be written included. */
  readRevoked(channel_id: ChannelId): AsyncIterable<readonly Row[]>;
  /** An input could not be taken: the record is as it was before, and the input is taken again with the next one. */
  failed(ending: LiveEnding, error: unknown): void;
  /** It could be taken after all. */
  recovered(ending: LiveEnding): void;
}

export class LiveEnding {
  readonly channel: OverChannel;
  record: EndingRecord;
  /** Ends the watches, by the name of the output. */
  readonly cancelWatches = new Map<string, () => void>();
  /** What the network said against which transaction: each is logged once. */
  readonly refused = new Set<string>();
  /** What was reported as sent. */
  readonly sent = new Set<Txid>();
  is_resolved = false;
  /** Blocks since a reorg has undone the end, and none has come in its place. */
  endless_blocks = 0;
  /** Why the next input cannot be taken; undefined when all is well. */
  fault: string | undefined;
  readonly #host: EndingHost;
  readonly #keys: ChannelKeys;
  readonly #inputs: OnchainInput[] = [];
  #is_busy = false;
  /** The look-up that was begun last. */
  #looking: Promise<void> | undefined;
  #is_held = false;
  #closing: { readonly of: OverChannel['state']; readonly channel: ClosingChannel } | undefined;

  constructor(channel: OverChannel, record: EndingRecord, keys: ChannelKeys, host: EndingHost) {
    this.channel = channel;
    this.record = record;
    this.#keys = keys;
    this.#host = host;
  }

  get channel_id(): ChannelId {
    return this.channel.channel_id;
  }

  /** The channel's last state, as the machine wants it. */
  get closing(): ClosingChannel {
    const { state } = this.channel;
    if (this.#closing?.of !== state) {
      this.#closing = { of: state, channel: closingChannelOf(this.channel, this.#keys) };
    }
    return this.#closing.channel;
  }

  get state(): OnchainState {
    return this.record.state;
  }

  /** Takes an input, after those before it. While one of those cannot be taken, each new one has it tried again. */
  say(input: OnchainInput): void {
    // However long that lasts, of many blocks in a row only the last matters.
    if (input.kind === 'block' && this.#inputs.at(-1)?.kind === 'block') this.#inputs.pop();
    this.#inputs.push(input);
    this.#drain();
  }

  /** Takes inputs, but does nothing about them until `release`: while the chain is caught up all is the past. */
  hold(): void {
    this.#is_held = true;
  }

  /**
   * The chain was reported up to `height`. A spend in a block from `resume_height` on that was not reported again is in no block
   * any more.
   */
  release(resume_height: number, height: number): void {
    const told = this.#inputs.splice(0);
    const found = new Set<string>();
    for (const input of told) {
      if (input.kind === 'spent') found.add(`${txidOf(parseTransaction(input.transaction))} ${input.height}`);
    }
    this.#is_held = false;
    for (const spend of this.state.spends) {
      if (spend.height < resume_height || found.has(`${spend.txid} ${spend.height}`)) continue;
      this.say({ kind: 'disconnected', txid: spend.txid, height: spend.height });
    }
    for (const input of told) this.say(input);
    this.say({ kind: 'block', height });
  }

  /** Whether it waits for the chain to be caught up. */
  get is_held(): boolean {
    return this.#is_held;
  }

  /** Whether an input waits: for a look-up in the store, or until it can be taken at all. */
  get is_busy(): boolean {
    return this.#is_busy || this.fault !== undefined;
  }

  /** Resolves when no look-up in the store is under way. */
  async looked(): Promise<void> {
    for (let known: Promise<void> | undefined; known !== this.#looking; ) {
      known = this.#looking;
      await known;
    }
  }

  #drain(): void {
    while (!this.#is_busy && !this.#is_held) {
      const input = this.#inputs.shift();
      if (input === undefined) return;
      try {
        if (input.kind === 'spent' && this.#isRevoked(input.transaction)) {
          this.#looking = this.#lookUp(input);
          return;
        }
        this.#step(input);
      } catch (error) {
        this.#putBack(input, error);
        return;
      }
    }
  }

  /** All of it or nothing: what cannot be done whole is as if it had not been begun. */
  #step(input: OnchainInput): void {
    if (this.is_resolved) return;
    const before = this.record;
    try {
      const { state, effects } = stepOnchain(this.closing, this.state, input, this.#host.environment(this));
      this.record = { ...before, state };
      this.#host.follow(this, effects);
    } catch (error) {
      this.record = before;
      throw error;
    }
    if (this.fault === undefined) return;
    this.fault = undefined;
    this.#host.recovered(this);
  }

  #putBack(input: OnchainInput, error: unknown): void {
    this.#inputs.unshift(input);
    this.#host.failed(this, error);
  }

  #isRevoked(transaction: Uint8Array): boolean {
    const { funding_txid, funding_output_index } = this.closing.terms;
    const isEnd = parseTransaction(transaction).inputs.some(
      ({ txid, vout }) => txid === funding_txid && vout === funding_output_index,
    );
    return isEnd && revokedNumberOf(this.closing, transaction) !== undefined;
  }

  /** A revoked commitment appeared: what was kept of its HTLCs is read before the machine hears of it. */
  async #lookUp(input: Extract<OnchainInput, { kind: 'spent' }>): Promise<void> {
    this.#is_busy = true;
    try {
      const number = revokedNumberOf(this.closing, input.transaction) as number;
      const held = [...revokedHtlcsAt(revokedInState(this.channel.state), number)];
      for await (const rows of this.#host.readRevoked(this.channel_id)) {
        const stored = rows.map((row) => decodeRevokedHtlc(row.htlc as Uint8Array));
        held.push(...revokedHtlcsAt(stored, number));
      }
      this.#is_busy = false;
      // The chain is caught up since: this is one of the inputs that wait for the end of that.
      if (this.#is_held) this.#inputs.unshift(input);
      else this.#step({ ...input, revoked_htlcs: held });
    } catch (error) {
      this.#is_busy = false;
      this.#putBack(input, error);
      return;
    }
    this.#drain();
  }
}

/** The txids of what is pending with the wallet's coins in it. */
export function fundedPending({ pending }: OnchainState): ReadonlySet<Txid> {
  const txids = new Set<Txid>();
  for (const { is_wallet_funded, transaction } of pending) {
    if (is_wallet_funded && transaction !== undefined) txids.add(txidOf(parseTransaction(fromHex(transaction))));
  }
  return txids;
}

/** The state in which what the wallet was asked for and has given up (`isGivenUp`) is to be asked for again. */
export function withoutFunded(state: OnchainState, isGivenUp: (txid: Txid) => boolean): OnchainState {
  const pending = state.pending.map((each) => {
    const [txid] = fundedPending({ ...state, pending: [each] });
    return txid === undefined || !isGivenUp(txid) ? each : { ...each, transaction: undefined };
  });
  return { ...state, pending };
}
