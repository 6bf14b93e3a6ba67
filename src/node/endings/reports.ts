/** What an ending has come to, told to payments of ours and to the operator in words that a shopkeeper understands. */

import { msatToSatFloor } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { Removal } from '../../protocol/channel/state.ts';
import type { ClosingHtlc } from '../../protocol/onchain/closing-channel.ts';
import { lostHtlcs, missedPenalties } from '../../protocol/onchain/outcome.ts';
import type { OnchainEffect } from '../../protocol/onchain/state.ts';
import { trackOutputs } from '../../protocol/onchain/tracked-output.ts';
import { unsignedHtlcs } from './closing-channel.ts';
import type { LiveEnding } from './live-ending.ts';
import type { ChannelHost, EndingLog, OutgoingPort } from './ports.ts';
import type { EndingKind, EndingRecord } from './row.ts';

/** Effects that are reports, not actions on the chain. */
type Report = Exclude<OnchainEffect, { kind: 'watch' | 'broadcast' | 'fund' | 'channel_resolved' }>;

const ENDED: Readonly<Record<EndingKind, string>> = {
  mutual: 'is closed as both agreed',
  local: 'is closed by us alone: our part comes back when the agreed delay is over',
  remote: 'was closed by the peer alone: our part is on its way to the wallet',
  revoked: 'was closed by the peer WITH AN OLD STATE: that is cheating, and we take everything',
  unknown: 'was closed with a state that we do not know: we take what is ours in it, the rest may be lost',
};

export interface ReportOptions {
  readonly channels: ChannelHost;
  readonly outgoing: OutgoingPort;
  readonly log: EndingLog;
}

export class Reports {
  readonly #options: ReportOptions;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** The record with what these effects say of the ending. */
  recordOf(record: EndingRecord, effects: readonly OnchainEffect[]): EndingRecord {
    let next = record;
    for (const effect of effects) {
      if (effect.kind === 'ended') next = { ...next, ending: effect.ending, closing_txid: effect.txid };
      if (effect.kind === 'ending_undone') next = { ...next, ending: undefined, closing_txid: undefined };
    }
    return next;
  }

  tell(ending: LiveEnding, effect: Report): void {
    const { channels, log } = this.#options;
    const channel = `channel ${ending.channel_id}`;
    switch (effect.kind) {
      case 'ended': {
        const isBad = effect.ending === 'revoked' || effect.ending === 'unknown';
        const text = `${channel} ${ENDED[effect.ending]} (transaction ${effect.txid})`;
        channels.speak(() => (isBad ? log.warn(text) : log.info(text)));
        break;
      }
      case 'ending_undone':
        channels.speak(() =>
          log.warn(`${channel}: a reorganisation of the chain has undone its closing transaction ${effect.txid}`),
        );
        break;
      case 'preimage_learned':
        this.#fulfilled(ending, effect.payment_hash, effect.payment_preimage);
        break;
      case 'htlc_failed':
        this.#failed(ending, effect.htlc);
        break;
      case 'htlc_claimed': {
        const { payment_hash, amount_msat } = effect.htlc;
        channels.speak(() =>
          log.info(
            `${channel}: payment ${payment_hash} of ${msatToSatFloor(amount_msat)} sat is safely collected on chain`,
          ),
        );
        break;
      }
      case 'htlc_lost': {
        const { payment_hash, amount_msat } = effect.htlc;
        const how =
          effect.txid === undefined
            ? 'it was too little to be claimed on chain'
            : `the peer took the money back on chain, by transaction ${effect.txid}`;
        channels.speak(() =>
          log.warn(
            `${channel}: payment ${payment_hash} of ${msatToSatFloor(amount_msat)} sat IS LOST: ${how}. Its payer has ` +
              'the preimage, so the invoice stays paid',
          ),
        );
        break;
      }
      case 'penalty_missed':
        channels.speak(() =>
          log.warn(
            `${channel}: the peer TOOK ${effect.amount_sat} sat WITH AN OLD STATE, by transaction ${effect.txid}: its ` +
              'delay was over before we could take that, because Till did not run or did not see the chain',
          ),
        );
        break;
      case 'output_resolved':
        if (effect.by_us) {
          channels.speak(() =>
            log.info(`${channel}: its output ${effect.outpoint.txid}:${effect.outpoint.vout} is ours`),
          );
        }
        break;
    }
  }

  /** Payments of ours that the peer never had a signature for have failed. */
  unsent({ channel_id, channel, closing }: LiveEnding): void {
    const { channels, outgoing } = this.#options;
    for (const { id, amount_msat, payment_hash } of unsignedHtlcs(channel.state, closing)) {
      channels.write(...outgoing.removed(channel_id, { id, amount_msat, payment_hash, removal: { kind: 'unsent' } }));
      channels.speak(() => outgoing.told(channel_id, id));
    }
  }

  /** Till itself is at fault: said once for each cause. */
  notFollowed(ending: LiveEnding, error: unknown): void {
    const fault = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (ending.fault === fault) return;
    ending.fault = fault;
    this.#options.log.warn(
      `channel ${ending.channel_id}: its end on the chain cannot be followed (${fault}). This is a fault of Till: please ` +
        'report it. Other channels are not affected, and Till tries again with every block',
    );
  }

  /** What could not be followed could be after all. */
  followedAgain({ channel_id }: LiveEnding): void {
    this.#options.log.info(`channel ${channel_id}: its end on the chain can be followed again`);
  }

  /** Nothing is left to do. */
  resolved({ channel_id, closing, state }: LiveEnding): void {
    const { channels, log } = this.#options;
    const lacks: string[] = [];
    if (lostHtlcs(closing, state).length > 0) lacks.push('the payments that were lost');
    if (missedPenalties(trackOutputs(closing, state)?.outputs ?? [], state).length > 0) {
      lacks.push('what the peer took with an old state');
    }
    const end = `channel ${channel_id} is closed for good`;
    channels.speak(() => {
      if (lacks.length === 0) log.info(`${end}: all that was ours is in the wallet`);
      else log.warn(`${end}: what was ours is in the wallet, but for ${lacks.join(' and ')}`);
    });
  }

  /** The chain showed that payments of ours have arrived. Several parts may share a hash. */
  #fulfilled(ending: LiveEnding, payment_hash: PaymentHash, preimage: PaymentPreimage): void {
    const { channels, outgoing, log } = this.#options;
    const { channel_id, state } = ending.channel;
    for (const htlc of state.htlcs) {
      if (htlc.offered_by !== 'local' || htlc.payment_hash !== payment_hash) continue;
      channels.write(...outgoing.fulfilled(channel_id, htlc.id, payment_hash, preimage));
      channels.speak(() => {
        outgoing.told(channel_id, htlc.id);
        log.info(`channel ${channel_id}: the chain shows that our payment ${payment_hash} has arrived`);
      });
    }
  }

  #failed({ channel }: LiveEnding, { id, payment_hash, amount_msat }: ClosingHtlc): void {
    const { channels, outgoing, log } = this.#options;
    const { channel_id, state } = channel;
    const known = state.htlcs.find((htlc) => htlc.offered_by === 'local' && htlc.id === id);
    const removal = knownFailure(known?.removal) ?? { kind: 'ended_on_chain' };
    const writes = outgoing.removed(channel_id, { id, amount_msat, payment_hash, removal });
    // It was reported before: it may have been fulfilled, and only its HTLC was still there.
    if (writes.length === 0) return;
    channels.write(...writes);
    channels.speak(() => {
      outgoing.told(channel_id, id);
      log.info(`channel ${channel_id}: our payment ${payment_hash} has failed: its HTLC has ended on chain`);
    });
  }
}

/** Why the peer had begun to fail the HTLC, if it had: the payer learns more from that than from us. */
function knownFailure(removal: Removal | undefined): Exclude<Removal, { kind: 'fulfill' }> | undefined {
  return removal?.kind === 'fulfill' ? undefined : removal;
}
