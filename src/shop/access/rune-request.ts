/** What a rune is judged on: the request as the restrictions see it. */

/** A value: an integer of 64 bits with its sign, or text (UTF-8 as one character for each byte). */
export type FieldValue = bigint | string;

/** A request, as the layer that read it shows it to the judge. */
export interface RuneRequest {
  /** Unix time. */
  readonly now_seconds: number;
  /** The command; undefined when `checkrune` names none. */
  readonly method: string | undefined;
  /** The peer that commands, where one does. */
  readonly node_id: string | undefined;
  /** How many parameters were given. */
  readonly param_count: number;
  /** Parameters by name, canonical names first; undefined when they were given by position alone. */
  param(name: string): FieldValue | undefined;
  /** The parameter's text as it was given, to be read as an invoice; undefined when it is not given by name. */
  invoice(name: string): string | undefined;
  /** A parameter given by position, from 0. */
  element(index: number): FieldValue | undefined;
  /** The time since the rune's id was last used with success; undefined for one that was never. */
  readonly since_last_use_ns: bigint | undefined;
}

/** The name without punctuation: `amount_msat` may be called `amountmsat` in a restriction. */
export function bareName(name: string): string {
  return name.replace(/[!-/:-@[-`{-~]/g, '');
}
