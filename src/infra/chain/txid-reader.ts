/** Reads txids out of the JSON of a list while it arrives, so that no text of twenty megabytes is held, or parsed at once. */
import type { Txid } from '../../base/types/brand.ts';

const TXID_CHARACTERS = 64;
const QUOTE = 0x22;
const BEGIN = 0x5b;
const END = 0x5d;

/** A list of texts: every one of 64 characters is told, and nothing else is in such an answer but names of members. */
export class TxidReader {
  readonly #onTxid: (txid: Txid) => void;
  /** What the last part ended with: the beginning of a text. */
  #rest: Buffer = Buffer.alloc(0);
  #has_begun = false;
  #is_whole = false;

  constructor(onTxid: (txid: Txid) => void) {
    this.#onTxid = onTxid;
  }

  /** Whether a list has come, from its beginning to its end. */
  get isWhole(): boolean {
    return this.#is_whole;
  }

  /** Takes the next part of the answer. */
  read(part: Buffer): void {
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    let at = this.#has_begun ? 0 : bytes.indexOf(BEGIN) + 1;
    if (at === 0 && !this.#has_begun) {
      this.#rest = bytes;
      return;
    }
    this.#has_begun = true;
    while (!this.#is_whole) {
      const start = this.#nextQuote(bytes, at);
      if (start < 0) break;
      const end = start + 1 + TXID_CHARACTERS;
      if (end >= bytes.length) {
        this.#rest = bytes.subarray(start);
        return;
      }
      if (bytes[end] === QUOTE) this.#onTxid(bytes.toString('latin1', start + 1, end) as Txid);
      at = end + 1;
    }
    this.#rest = Buffer.alloc(0);
  }

  /** Where the next text begins; -1 when the list ends before that, or the part. */
  #nextQuote(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at;
      if (byte === END) {
        this.#is_whole = true;
        return -1;
      }
    }
    return -1;
  }
}
