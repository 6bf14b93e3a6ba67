/** Removing an HTLC: fulfilled, failed or malformed, in both directions (BOLT 2, Removing an HTLC). */
import { sha256 } from '../../base/crypto/hash.ts';
import type { PaymentPreimage } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { createAttributionData } from '../../codec/onion/attribution.ts';
import type { UpdateFailHtlc, UpdateFailMalformedHtlc, UpdateFulfillHtlc } from '../../codec/wire/index.ts';
import { refuse, warn } from './fault.ts';
import { IRREVOCABLE, PROPOSED, type Side } from './stage.ts';
import type { Attribution, ChannelState, Htlc, Removal } from './state.ts';
import { isUp, replaceHtlc, requireAlive, requireCommit, send, type Turn } from './turn.ts';

/** A `failure_code` with this bit says that the onion could not be read (BOLT 4). */
const BADONION = 0x8000;

function findHtlc(state: ChannelState, offered_by: Side, id: bigint): Htlc | undefined {
  return state.htlcs.find((htlc) => htlc.id === id && htlc.offered_by === offered_by);
}

/**
 * Removes an HTLC of the peer. It may be said while the peer is away: it is sent when the channel is up again. Throws
 * Refusal when there is no such HTLC, it is not irrevocably committed, or it is being removed already.
 */
export function removeHtlc(turn: Turn, id: bigint, removal: Removal): void {
  const { state } = turn;
  requireAlive(state);
  const htlc = findHtlc(state, 'remote', id);
  if (htlc === undefined) refuse('unknown_htlc', `there is no incoming HTLC ${id}`);
  if (htlc.added !== IRREVOCABLE) refuse('unknown_htlc', `incoming HTLC ${id} is not irrevocably committed yet`);
  if (htlc.removal !== undefined) refuse('unknown_htlc', `incoming HTLC ${id} is being removed already`);
  if (removal.kind === 'fulfill' && !isPreimage(removal.payment_preimage, htlc)) {
    refuse('invalid', `the preimage is not that of incoming HTLC ${id}`);
  }
  if (removal.kind === 'malformed' && (removal.failure_code & BADONION) === 0) {
    refuse('invalid', `failure_code ${removal.failure_code} lacks the BADONION bit`);
  }
  const removing: Htlc = { ...htlc, removal, removed: PROPOSED, taken: true, onion_routing_packet: undefined };
  turn.state = replaceHtlc(state, htlc, removing);
  turn.store = true;
  if (isUp(state)) sendRemoval(turn, removing);
  requireCommit(turn);
}

function isPreimage(preimage: PaymentPreimage, htlc: Htlc): boolean {
  return toHex(sha256(fromHex(preimage))) === htlc.payment_hash;
}

/** Sends the message that removes the HTLC, for the first time or again. */
export function sendRemoval(turn: Turn, { id, removal }: Htlc): void {
  const { channel_id } = turn.state.terms;
  switch (removal?.kind) {
    case 'fulfill':
      send(turn, {
        type: 'update_fulfill_htlc',
        channel_id,
        id,
        payment_preimage: removal.payment_preimage,
        ...attributionOf(removal.attribution),
      });
      break;
    case 'fail':
      send(turn, {
        type: 'update_fail_htlc',
        channel_id,
        id,
        reason: removal.reason,
        ...attributionOf(removal.attribution, fromHex(removal.reason)),
      });
      break;
    case 'malformed':
      send(turn, {
        type: 'update_fail_malformed_htlc',
        channel_id,
        id,
        sha256_of_onion: removal.sha256_of_onion,
        failure_code: removal.failure_code,
      });
      break;
    case undefined:
      throw new RangeError('an HTLC without a removal');
  }
}

function attributionOf(attribution: Attribution | undefined, reason?: Uint8Array): { attribution_data?: Uint8Array } {
  if (attribution === undefined) return {};
  const { shared_secret, hold_time } = attribution;
  return { attribution_data: createAttributionData(fromHex(shared_secret), hold_time, reason) };
}

/** The peer removes an HTLC of ours. Throws Violation. */
export function receiveRemoval(
  turn: Turn,
  message: UpdateFulfillHtlc | UpdateFailHtlc | UpdateFailMalformedHtlc,
): void {
  const { state } = turn;
  const htlc = findHtlc(state, 'local', message.id);
  if (htlc === undefined || htlc.added !== IRREVOCABLE) {
    warn(`${message.type}: there is no HTLC ${message.id} that is committed on both sides`);
  }
  if (htlc.removal !== undefined) warn(`${message.type}: HTLC ${message.id} is being removed already`);
  const removal = removalOf(message);
  if (removal.kind === 'fulfill' && !isPreimage(removal.payment_preimage, htlc)) {
    warn(`update_fulfill_htlc: that is not the preimage of HTLC ${message.id}`);
  }
  turn.state = replaceHtlc(state, htlc, { ...htlc, removal, removed: PROPOSED });
  if (removal.kind === 'fulfill') {
    // Durable at once although the removal is not: whoever paid has the proof in hand from now on.
    turn.store = true;
    const { id, payment_hash } = htlc;
    turn.effects.push({ kind: 'htlc_fulfilled', id, payment_hash, payment_preimage: removal.payment_preimage });
  }
}

function removalOf(message: UpdateFulfillHtlc | UpdateFailHtlc | UpdateFailMalformedHtlc): Removal {
  switch (message.type) {
    case 'update_fulfill_htlc':
      return { kind: 'fulfill', payment_preimage: message.payment_preimage };
    case 'update_fail_htlc':
      return { kind: 'fail', reason: message.reason };
    case 'update_fail_malformed_htlc': {
      const { sha256_of_onion, failure_code } = message;
      // LND says it also without the BADONION bit. BOLT 2 would have the channel fail for that, and the payment is enough.
      return { kind: 'malformed', sha256_of_onion, failure_code };
    }
  }
}
