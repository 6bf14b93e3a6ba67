/** The onion of a part: the payloads for its hops, and the errors that come back (BOLT 4). */

import { curve } from '../../base/crypto/secp256k1.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentSecret } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { decodeFailure } from '../../codec/onion/failure.ts';
import { fitsPacket, type OnionHop } from '../../codec/onion/packet.ts';
import { encodeFinalPayload, encodeForwardPayload } from '../../codec/onion/payload.ts';
import { openReturnPacket } from '../../codec/onion/return-packet.ts';
import type { RawRecord } from '../../codec/wire/tlv.ts';
import type { RemovedHtlc } from '../../protocol/channel/state.ts';
import type { RouteStep, SendFailure, Sendpay } from './sendpay.ts';

/** What the payee finds the payment by. */
export interface PaymentData {
  readonly payment_secret: PaymentSecret;
  readonly total_msat: Msat;
}

/** What the payee is told besides amount and blocks. */
export interface ForPayee {
  readonly payment_data: PaymentData | undefined;
  /** Hex. */
  readonly payment_metadata: string | undefined;
  readonly custom_records: readonly RawRecord[] | undefined;
}

/** From here on the wire's u32 would mean seconds, not blocks. */
const CLTV_EXPIRY_LIMIT = 500_000_000;

/** Why no onion can be made for this route, as a sentence; undefined when one can. */
export function onionFault(route: readonly RouteStep[], height: number, for_payee: ForPayee): string | undefined {
  for (const { id, delay } of route) {
    if (!curve.isPublicKey(fromHex(id))) return `the node id ${id} in the route is no point of the curve`;
    if (height + delay >= CLTV_EXPIRY_LIMIT) return `a delay of ${delay} in the route is more than there are blocks`;
  }
  const hops = onionHops(route, height, for_payee);
  return fitsPacket(hops) ? undefined : 'the payloads for the hops of the route do not fit into an onion';
}

/** The payload for each hop. A hop on the way learns the next channel and the amount; the last one learns that it is the last. */
export function onionHops(
  route: readonly RouteStep[],
  height: number,
  { payment_data, payment_metadata, custom_records }: ForPayee,
): OnionHop[] {
  return route.map(({ id, amount_msat, delay }, index) => {
    const next = route[index + 1];
    const payload =
      next === undefined
        ? encodeFinalPayload(
            { amt_to_forward: amount_msat, outgoing_cltv_value: height + delay, payment_data, payment_metadata },
            custom_records,
          )
        : encodeForwardPayload({
            amt_to_forward: next.amount_msat,
            outgoing_cltv_value: height + next.delay,
            short_channel_id: next.channel,
          });
    return { node_id: fromHex(id), payload };
  });
}

/** Why a part came back: of the packet that its HTLC carried back, or of how its channel ended it. */
export function failureOf(part: Sendpay, removal: Exclude<RemovedHtlc['removal'], { kind: 'fulfill' }>): SendFailure {
  if (removal.kind === 'malformed') {
    const { name } = decodeFailure(Uint8Array.of(removal.failure_code >> 8, removal.failure_code & 0xff));
    return { erring_index: 0, failcode: removal.failure_code, failcodename: name, raw_message: '' };
  }
  // Never in a commitment: our own channel took it back.
  if (removal.kind === 'unsent') {
    return { erring_index: undefined, failcode: 0x1007, failcodename: 'temporary_channel_failure', raw_message: '' };
  }
  if (removal.kind === 'ended_on_chain') {
    return { erring_index: undefined, failcode: 0x4008, failcodename: 'permanent_channel_failure', raw_message: '' };
  }
  const opened = openReturnPacket(part.shared_secrets, fromHex(removal.reason));
  if (opened === undefined) {
    return { erring_index: undefined, failcode: 0, failcodename: 'unreadable', raw_message: removal.reason };
  }
  const { failure_code, name } = decodeFailure(opened.failure);
  return {
    erring_index: opened.erring_index,
    failcode: failure_code,
    failcodename: name,
    raw_message: toHex(opened.failure),
  };
}
