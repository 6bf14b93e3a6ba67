/** From a key's hash to its place in columns: open addressing in a typed array, eight bytes an entry at most. */

const EMPTY = -1;
const FIRST_SIZE = 1024;

/**
 * The keys themselves lie in the columns: whoever makes a table says what the key at a place hashes to, and whoever asks
 * says whether a place holds the key that is meant.
 */
export class PlaceTable {
  readonly #hashAt: (place: number) => number;
  #places = emptySlots(FIRST_SIZE);
  #count = 0;

  constructor(hashAt: (place: number) => number) {
    this.#hashAt = hashAt;
  }

  /** The place of a key; -1 when it is not there. */
  find(hash: number, isSame: (place: number) => boolean): number {
    const mask = this.#places.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot] as number;
      if (place === EMPTY || isSame(place)) return place;
    }
  }

  /** Adds a place, whose key is in the columns already and not yet in here. */
  add(place: number): void {
    if (2 * (this.#count + 1) > this.#places.length) this.#grow();
    this.#put(place);
    this.#count++;
  }

  /** Removes a place, whose key is still in the columns. Those behind it move up, so that a search never passes a gap. */
  remove(place: number): void {
    const mask = this.#places.length - 1;
    let slot = this.#hashAt(place) & mask;
    while (this.#places[slot] !== place) {
      if (this.#places[slot] === EMPTY) return;
      slot = (slot + 1) & mask;
    }
    this.#count--;
    for (let next = (slot + 1) & mask; this.#places[next] !== EMPTY; next = (next + 1) & mask) {
      const home = this.#hashAt(this.#places[next] as number) & mask;
      if (((next - home) & mask) < ((next - slot) & mask)) continue;
      this.#places[slot] = this.#places[next] as number;
      slot = next;
    }
    this.#places[slot] = EMPTY;
  }

  #put(place: number): void {
    const mask = this.#places.length - 1;
    let slot = this.#hashAt(place) & mask;
    while (this.#places[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#places[slot] = place;
  }

  #grow(): void {
    const places = this.#places;
    this.#places = emptySlots(places.length * 2);
    for (const place of places) if (place !== EMPTY) this.#put(place);
    // Given back now: nothing would make the thread collect its garbage soon after the map was read.
    places.buffer.resize(0);
  }
}

function emptySlots(length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT;
  return new Int32Array(new ArrayBuffer(bytes, { maxByteLength: bytes })).fill(EMPTY);
}

/** A hash of two 32-bit numbers, itself one with a sign: larger ones would be objects, a million of them while the map is read. */
export function hashOfPair(high: number, low: number): number {
  let hash = Math.imul(high ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(low ^ (low >>> 15), 0xc2b2ae35);
  hash ^= hash >>> 13;
  return Math.imul(hash, 0x27d4eb2f);
}
