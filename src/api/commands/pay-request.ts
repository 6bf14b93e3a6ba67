/** What `pay` and `xpay` have in common: what the invoice asks of us, and what can go wrong. */

import { type ErrorName, RpcError } from '../../base/errors.ts';
import { MAX_U64, type Msat, min, msat } from '../../base/types/amount.ts';
import type { Network } from '../../base/types/network.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import { decodeAny } from './decoded.ts';

/** The errors of both. */
export const PAY_ERRORS: readonly ErrorName[] = [
  'PAY_IN_PROGRESS',
  'PAY_RHASH_ALREADY_USED',
  'PAY_UNPARSEABLE_ONION',
  'PAY_DESTINATION_PERM_FAIL',
  'PAY_TRY_OTHER_ROUTE',
  'PAY_ROUTE_NOT_FOUND',
  'PAY_ROUTE_TOO_EXPENSIVE',
  'PAY_INVOICE_EXPIRED',
  'PAY_UNSPECIFIED_ERROR',
  'PAY_STOPPED_RETRYING',
  'PAY_USER_ERROR',
];

/** Five satoshi or one percent, whichever is more: what fees may come to when nobody says. */
export function usualFee(amount_msat: Msat): Msat {
  const share = msat(amount_msat / 100n);
  return share > 5000n ? share : msat(5000);
}

/** Half a percent, in millionths of a percent. */
const USUAL_FEE_PERCENT = 500_000n;

/** What the fees may come to by the older parameters. Throws RpcError when it is said twice. */
export function feeLimit(
  amount_msat: Msat,
  given: {
    readonly maxfee: Msat | undefined;
    readonly maxfeepercent: bigint | undefined;
    readonly exemptfee: Msat | undefined;
  },
): Msat {
  const { maxfee, maxfeepercent, exemptfee } = given;
  if (maxfee !== undefined) {
    if (maxfeepercent !== undefined || exemptfee !== undefined) {
      throw new RpcError('INVALID_PARAMS', 'If you specify maxfee, cannot specify maxfeepercent or exemptfee');
    }
    return maxfee;
  }
  const share = msat(min((amount_msat * (maxfeepercent ?? USUAL_FEE_PERCENT)) / 100_000_000n, MAX_U64));
  const exempt = exemptfee ?? msat(5000);
  return share > exempt ? share : exempt;
}

/** An invoice, and how much of it we are to pay. */
export interface Asked {
  readonly bolt11: string;
  readonly invoice: Invoice;
  readonly amount_msat: Msat;
  readonly total_msat: Msat;
}

/** Reads the invoice in the parameter `name`. Throws RpcError when it and the amounts given make no payment. */
export function askedFor(
  name: string,
  bolt11: string,
  network: Network,
  given: {
    readonly amount_msat: Msat | undefined;
    readonly partial_msat: Msat | undefined;
    readonly description?: string | undefined;
  },
): Asked {
  const currency = network.bolt11_prefix;
  const invoice = decodeAny(name, bolt11, { description: given.description, currency });
  const total_msat = totalOf(invoice, given.amount_msat);
  const amount_msat = given.partial_msat ?? total_msat;
  if (amount_msat === 0n) throw new RpcError('INVALID_PARAMS', 'partial_msat must be non-zero');
  if (amount_msat > total_msat) {
    const message = `partial_msat must be less or equal to total amount ${total_msat}msat`;
    throw new RpcError('INVALID_PARAMS', message);
  }
  return { bolt11: bolt11.trim(), invoice, amount_msat, total_msat };
}

function totalOf({ amount_msat: asked }: Invoice, given: Msat | undefined): Msat {
  if (asked !== undefined && given !== undefined && asked !== given) {
    throw new RpcError('INVALID_PARAMS', 'amount_msat unnecessary');
  }
  const total_msat = asked ?? given;
  if (total_msat === undefined) throw new RpcError('INVALID_PARAMS', 'amount_msat required');
  if (total_msat === 0n) throw new RpcError('INVALID_PARAMS', 'Cannot pay bolt11 invoice with zero amount');
  return total_msat;
}
