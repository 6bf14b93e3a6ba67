/**
 * Why a liquidity provider did not give an answer, in our own words. What it says itself may mislead whoever reads it
 * (bLIP 50), so it goes to the debug log alone.
 */

import { LSPS_ERRORS } from '../../codec/lsps/envelope.ts';
import { LSPS2_ERRORS } from '../../codec/lsps/lsps2.ts';

/**
 * `unknown`: no provider of this id. `away`: not connected. `silent`: no answer in time. `unreadable`: it answered what is
 * not of the form that was agreed on. `refused`: it answered an error. `busy`: too much is being asked of it already.
 */
export type ProviderFault = 'unknown' | 'away' | 'silent' | 'unreadable' | 'refused' | 'busy';

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ProviderFault;
  /** The provider's number for why it refused. */
  readonly code: number | undefined;

  constructor(kind: ProviderFault, message: string, code?: number) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [LSPS_ERRORS.client_rejected, 'it does not serve this node'],
  [LSPS_ERRORS.method_not_found, 'it does not offer this'],
  [LSPS_ERRORS.invalid_params, 'it does not take these parameters'],
  [LSPS_ERRORS.internal_error, 'it has a fault of its own'],
  [LSPS2_ERRORS.unrecognized_or_stale_token, 'it asks for a token'],
  [LSPS2_ERRORS.invalid_opening_fee_params, 'its offer is not valid any more'],
  [LSPS2_ERRORS.payment_size_too_small, 'the payment is too small for its fee'],
  [LSPS2_ERRORS.payment_size_too_large, 'the payment is larger than it can bring'],
]);

/** A refusal, in our words. */
export function refusal(method: string, code: number): ProviderError {
  const meaning = MEANINGS.get(code) ?? 'for a reason that Till does not know';
  return new ProviderError('refused', `the provider refused ${method}: ${meaning} (error ${code})`, code);
}

/** So much of a foreign text is shown. */
const MOST_SHOWN = 200;

/** A provider's text for the debug log: cut, and without what could do harm where it is shown. */
export function filtered(text: string): string {
  return text.slice(0, MOST_SHOWN).replaceAll(/[^\x20-\x7e]|[<>&"'`\\]/g, '?');
}
