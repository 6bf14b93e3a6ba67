/** The price list of the counter: a few dozen things that are sold again and again. */
import { RpcError } from '../../base/errors.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { MAX_PRICE } from '../../base/types/price.ts';

/** How an item is set. */
export interface ItemSettings {
  readonly name: string;
  /** Undefined: the amount is in millisatoshi. */
  readonly currency: CurrencyCode | undefined;
  /** In the currency's smallest unit. */
  readonly amount: bigint;
  /** Items are shown in the order of this number, then in the order of their making. */
  readonly place: number;
}

/** An item as it is kept. */
export interface Item extends ItemSettings {
  /** 1, 2, 3 ... in the order of creation. */
  readonly item_id: number;
}

const LONGEST_NAME = 80;

/** Throws RpcError INVALID_PARAMS for what cannot be sold. */
export function checkItem({ name, amount }: ItemSettings): void {
  checkWords('name', name, LONGEST_NAME);
  if (name.trim() === '')
    throw new RpcError('INVALID_PARAMS', 'name: it is what the customer reads, and must not be empty');
  if (amount < 1n || amount > MAX_PRICE) throw new RpcError('INVALID_PARAMS', `amount: should be 1 to ${MAX_PRICE}`);
}

/** Throws RpcError INVALID_PARAMS for what is too long or is no text. */
export function checkWords(param: string, text: string, most_characters: number): void {
  if (!text.isWellFormed() || text.includes('\0')) {
    throw new RpcError('INVALID_PARAMS', `${param}: should be valid UTF-8 without a zero character`);
  }
  if (text.length > most_characters) {
    throw new RpcError('INVALID_PARAMS', `${param}: at most ${most_characters} characters`);
  }
}
