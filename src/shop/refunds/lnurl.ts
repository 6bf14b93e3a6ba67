/** Asks a Lightning address or LNURL for an invoice (LUD-06), and checks that it is the one that was asked for. */
import { sha256 } from '../../base/crypto/hash.ts';
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import { parseWholeNumber } from '../../base/types/decimal.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import { decodeInvoice } from '../../codec/bolt11/native.ts';
import type { JsonSource } from '../../infra/http/json-asker.ts';

export interface LnurlOptions {
  readonly asker: JsonSource;
  readonly network: Network;
}

/** An invoice that somebody made for us. */
export interface RequestedInvoice {
  readonly bolt11: string;
  readonly invoice: Invoice;
}

const MOST_MSAT = 2n ** 63n;
const LONGEST_REASON = 200;

/**
 * The invoice for so many millisatoshi. Rejects with RpcError REFUND_DESTINATION_FAILED when the other side cannot be
 * asked, refuses, or answers another invoice than was asked for; then nothing was sent.
 */
export async function requestInvoice(
  { asker, network }: LnurlOptions,
  url: string,
  amount_msat: Msat,
  signal: AbortSignal,
): Promise<RequestedInvoice> {
  const ask = async <const Names extends readonly string[]>(target: string, ...names: Names) => {
    const members = ['status', 'reason', ...names].map((name) => [name]);
    const outcome = await asker.ask({ url: target, members }, signal);
    if (outcome.kind === 'failed') throw failure(outcome.reason);
    const [status, reason, ...values] = outcome.values;
    if (status?.toUpperCase() === 'ERROR') throw failure(`it refuses: ${shown(reason ?? 'no reason given')}`);
    return values as { readonly [Index in keyof Names]: string | null };
  };
  const [tag, callback, min, max, metadata] = await ask(
    url,
    'tag',
    'callback',
    'minSendable',
    'maxSendable',
    'metadata',
  );
  if (tag !== 'payRequest') throw failure('it takes no payments: what it offers is no LNURL-pay');
  const least_msat = parseWholeNumber(min ?? '', MOST_MSAT);
  const most_msat = parseWholeNumber(max ?? '', MOST_MSAT);
  if (callback === null || metadata === null || least_msat === undefined || most_msat === undefined) {
    throw failure('its answer lacks callback, metadata, minSendable or maxSendable');
  }
  if (amount_msat < least_msat || amount_msat > most_msat) {
    throw failure(`it takes ${least_msat} to ${most_msat} msat, and the refund is ${amount_msat}`);
  }
  const [pr] = await ask(withAmount(callback, amount_msat), 'pr');
  if (pr === null) throw failure('it answers no invoice');
  return { bolt11: pr.trim().toLowerCase(), invoice: checked(pr.trim(), network, amount_msat, metadata) };
}

function withAmount(callback: string, amount_msat: Msat): string {
  const url = URL.parse(callback);
  if (url === null) throw failure('its callback is no URL');
  url.searchParams.set('amount', amount_msat.toString());
  return url.href;
}

/** Throws RpcError when it is not the invoice that was asked for. */
function checked(pr: string, network: Network, amount_msat: Msat, metadata: string): Invoice {
  let invoice: Invoice;
  try {
    invoice = decodeInvoice(pr, { currency: network.bolt11_prefix });
  } catch (error) {
    if (error instanceof Bolt11Error) throw failure(`its invoice is invalid: ${error.message}`);
    throw error;
  }
  if (invoice.amount_msat !== amount_msat) {
    throw failure(`its invoice is over ${invoice.amount_msat ?? 'any amount of'} msat, not ${amount_msat}`);
  }
  if (invoice.description_hash !== toHex(sha256(Buffer.from(metadata)))) {
    throw failure('its invoice is not for what it described: the hash of its metadata is another');
  }
  return invoice;
}

/** A stranger's sentence in one of ours: short, on one line, without control characters. */
function shown(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').slice(0, LONGEST_REASON);
}

function failure(message: string): RpcError {
  return new RpcError('REFUND_DESTINATION_FAILED', `The destination gives no invoice: ${message}. Nothing was sent`);
}
