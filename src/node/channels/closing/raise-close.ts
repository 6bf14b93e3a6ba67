/**
 * A mutual close that no block takes is made dearer. With option_simple_close we offer the peer another one that pays more.
 * With the older negotiation, or while the peer is away, nothing can be signed again: a child on our own output pays for
 * both. Neither is in a hurry, because nothing in such a channel has a deadline.
 */
import { type Sat, sat, sum } from '../../../base/types/amount.ts';
import { fromHex } from '../../../base/types/hex.ts';
import { parseTransaction, txidOf, weightOf } from '../../../codec/tx/transaction.ts';
import { publishableCloses } from '../../../protocol/channel/close-agreed.ts';
import type { Input } from '../../../protocol/channel/input.ts';
import { environmentOf } from '../environment.ts';
import type { LiveChannel } from '../live-channel.ts';
import type { ChannelsOptions } from '../options.ts';
import type { FundingWallet } from '../ports.ts';

/** Blocks between two raises, and before the first. */
const EVERY_BLOCKS = 6;
/** And before the first where the peer opened, whose duty the fee is. */
const AFTER_PEER_BLOCKS = 18;
/** After so many blocks the estimate is not believed any more: each raise is a quarter more than the one before. */
const DOUBT_AFTER_BLOCKS = 36;
const LEAST_RISE = 1.25;
/** The part of our output that a child may cost. */
const OWN_SHARE = 10n;

export interface CloseRaiserOptions extends Pick<ChannelsOptions, 'chain' | 'policy' | 'features' | 'log'> {
  readonly wallet: Pick<FundingWallet, 'payForParent' | 'dropChildren'>;
  apply(channel: LiveChannel, input: Input): void;
}

/** How long a close has waited. */
interface Waiting {
  readonly since_height: number;
  readonly raised_height: number;
  readonly feerate_per_kw: number;
}

export class CloseRaiser {
  readonly #options: CloseRaiserOptions;
  readonly #waiting = new WeakMap<LiveChannel, Waiting>();

  constructor(options: CloseRaiserOptions) {
    this.#options = options;
  }

  /** There is a new best block, and none holds the end of this channel. */
  async block(channel: LiveChannel): Promise<void> {
    const { chain } = this.#options;
    const { publication, state } = channel;
    if (state.phase !== 'closed' || publication?.kind !== 'taken') return;
    const { height } = chain.tip();
    const paid_per_kw = feerateOf(channel, publication.transaction);
    const known = this.#waiting.get(channel);
    const waiting = known ?? { since_height: height, raised_height: height, feerate_per_kw: paid_per_kw };
    this.#waiting.set(channel, waiting);
    if (height - waiting.raised_height < EVERY_BLOCKS) return;
    if (state.terms.opener === 'remote' && height - waiting.since_height < AFTER_PEER_BLOCKS) return;
    const before_per_kw = Math.max(waiting.feerate_per_kw, paid_per_kw);
    const estimate_per_kw = chain.feeratePerKw(6) ?? 0;
    const isDoubtful = height - waiting.since_height >= DOUBT_AFTER_BLOCKS;
    if (!isDoubtful && estimate_per_kw <= before_per_kw) return;
    const feerate_per_kw = Math.max(estimate_per_kw, Math.ceil(before_per_kw * LEAST_RISE));
    this.#waiting.set(channel, { ...waiting, raised_height: height, feerate_per_kw });
    await this.#raise(channel, publication.transaction, feerate_per_kw);
  }

  async #raise(channel: LiveChannel, transaction: string, feerate_per_kw: number): Promise<void> {
    const { apply, wallet, log } = this.#options;
    const { state, peer, signer } = channel;
    const { option_simple_close } = environmentOf(this.#options, signer, peer?.features);
    if (option_simple_close && state.link === 'up') {
      apply(channel, { kind: 'raise_close', feerate_per_kw });
      return;
    }
    const parent = parseTransaction(fromHex(transaction));
    const own = parent.outputs.find(({ script_pubkey }) => matches(script_pubkey, state.local_shutdown_script));
    if (own === undefined) return;
    const txid = await wallet.payForParent?.(fromHex(transaction), {
      fee_sat: feeOf(channel, transaction),
      feerate_per_kw,
      max_fee_sat: sat(own.amount_sat / OWN_SHARE),
    });
    if (txid !== undefined) {
      log.info(`channel ${channel.channel_id}: no block takes its closing transaction, and ${txid} pays for both`);
    }
  }

  /** A block holds this transaction, which closes the channel: what was built on the others is nothing. */
  closed({ state }: LiveChannel, transaction: Uint8Array): void {
    const mined = txidOf(parseTransaction(transaction));
    const closes = publishableCloses(state).map((text) => txidOf(parseTransaction(fromHex(text))));
    this.#options.wallet.dropChildren?.(closes.filter((txid) => txid !== mined));
  }
}

function matches(script_pubkey: Uint8Array, hex: string | undefined): boolean {
  return hex !== undefined && Buffer.from(script_pubkey).toString('hex') === hex;
}

function feeOf({ state }: LiveChannel, transaction: string): Sat {
  const { outputs } = parseTransaction(fromHex(transaction));
  return sat(state.terms.funding_satoshis - sum(outputs.map(({ amount_sat }) => amount_sat)));
}

function feerateOf(channel: LiveChannel, transaction: string): number {
  const weight = weightOf(parseTransaction(fromHex(transaction)));
  return Number((feeOf(channel, transaction) * 1000n) / BigInt(weight));
}
