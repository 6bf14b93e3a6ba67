/** What can be wrong with a BOLT 11 invoice: one kind per fault, for programs, and a sentence for people. */

/** Each fault by name. The tests assert the exact one for every invalid example of the BOLT. */
export type Bolt11Fault =
  /** More than 7,089 characters, or a field over its 1,023 elements. */
  | 'too_long'
  /** No room for a timestamp, a signature and a checksum. */
  | 'too_short'
  | 'no_separator'
  | 'mixed_case'
  | 'invalid_character'
  | 'checksum'
  /** The text does not start with `ln`. */
  | 'not_an_invoice'
  | 'unknown_network'
  /** An invoice of another network than the reader's. */
  | 'wrong_network'
  | 'amount_invalid'
  | 'multiplier_invalid'
  /** The last digit of a pico amount is not 0. */
  | 'sub_millisatoshi'
  | 'amount_too_large'
  /** A field says that it is longer than what is left. */
  | 'field_truncated'
  | 'field_length'
  | 'missing_field'
  /** Both a description and the hash of one. */
  | 'two_descriptions'
  /** A number or feature field of several elements that starts with a zero one. */
  | 'leading_zero'
  | 'number_too_large'
  | 'not_utf8'
  | 'description_mismatch'
  | 'fallback_invalid'
  | 'node_id_invalid'
  | 'unknown_feature'
  | 'missing_feature'
  | 'recovery_id_invalid'
  | 'signature_high_s'
  | 'signature_invalid'
  | 'signature_unrecoverable'
  /** The writer was handed a value that no invoice can hold. */
  | 'value_invalid';

/** Where a fault is. */
export interface FaultPlace {
  /** The letter of the tagged field, as the BOLT names it. */
  readonly field?: string | undefined;
  /** The character of the text at which the faulty part starts, counted from 0 after any `lightning:`. */
  readonly position?: number | undefined;
}

/** The only error that this module throws. */
export class Bolt11Error extends Error {
  override readonly name = 'Bolt11Error';
  readonly kind: Bolt11Fault;
  readonly field: string | undefined;
  readonly position: number | undefined;

  constructor(kind: Bolt11Fault, message: string, place: FaultPlace = {}) {
    const field = place.field === undefined ? '' : `field ${place.field}`;
    const at = place.position === undefined ? '' : `character ${place.position}`;
    const where = [field, at].filter((part) => part !== '').join(', ');
    super(where === '' ? message : `${message} (${where})`);
    this.kind = kind;
    this.field = place.field;
    this.position = place.position;
  }
}
