/** What is asked for when money is to go back, and how much that is. */
import { RpcError } from '../../base/errors.ts';
import { type Msat, msat } from '../../base/types/amount.ts';
import type { Destination } from './destination.ts';
import { msatOf, type Refunded } from './money.ts';
import type { PaidInvoice } from './ports.ts';

/** What is asked for. */
export interface RefundRequest {
  /** Of the paid invoice. */
  readonly label: string;
  readonly destination: string;
  /** How much: millisatoshi, or an amount in the smallest unit of the invoice's currency. Absent: all that is left. */
  readonly amount_msat?: Msat | undefined;
  readonly amount?: bigint | undefined;
  readonly note?: string | undefined;
  /** A repeat with the same key is the same refund. */
  readonly idempotency_key?: string | undefined;
}

const MOST_NOTE_BYTES = 639;
const MOST_KEY_BYTES = 128;

/** Throws RpcError INVALID_PARAMS for a text that no database keeps. */
export function checkTexts({ note = '', idempotency_key = 'none' }: RefundRequest): void {
  for (const [name, text, most_bytes] of [
    ['note', note, MOST_NOTE_BYTES],
    ['idempotency_key', idempotency_key, MOST_KEY_BYTES],
  ] as const) {
    if (Buffer.byteLength(text) <= most_bytes && text.isWellFormed() && !text.includes('\0')) continue;
    const message = `${name}: should be valid UTF-8 without a zero character, ${most_bytes} bytes at most`;
    throw new RpcError('INVALID_PARAMS', message);
  }
}

/** How much is given back. Throws RpcError when that is nothing, or more than is left. */
export function amountOf(
  { amount_msat, amount }: RefundRequest,
  invoice: PaidInvoice,
  destination: Destination,
  before: Refunded,
): Msat {
  if (amount_msat !== undefined && amount !== undefined) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify one of {amount_msat} or {amount}');
  }
  const left_msat = invoice.amount_received_msat - before.amount_msat;
  const fixed_msat = destination.method === 'bolt11' ? destination.invoice.amount_msat : undefined;
  const wanted_msat = amount_msat ?? (amount === undefined ? fixed_msat : priced(invoice, amount)) ?? left_msat;
  if (fixed_msat !== undefined && wanted_msat !== fixed_msat) {
    throw new RpcError(
      'INVALID_PARAMS',
      `destination: its invoice is over ${fixed_msat} msat, and the refund is ${wanted_msat}: ask for one without an amount`,
    );
  }
  // The chain knows whole satoshi only.
  const sent_msat = destination.method === 'onchain' ? wanted_msat - (wanted_msat % 1000n) : wanted_msat;
  if (sent_msat > 0n && wanted_msat <= left_msat) return msat(sent_msat);
  throw new RpcError(
    'REFUND_TOO_LARGE',
    `${wanted_msat} msat cannot be given back: ${invoice.amount_received_msat} were received, ${before.amount_msat} of them were given back or are on their way`,
    { received_msat: invoice.amount_received_msat, refunded_msat: before.amount_msat },
  );
}

function priced({ price, amount_msat }: PaidInvoice, amount: bigint): bigint {
  if (price !== undefined && amount_msat !== undefined) return msatOf(price, amount_msat, amount);
  throw new RpcError('INVALID_PARAMS', 'amount: the invoice has no price in a currency: give {amount_msat}');
}
