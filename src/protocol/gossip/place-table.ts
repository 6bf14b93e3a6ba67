/** From a key's hash to its place in columns: open addressing in two typed arrays, a few bytes an entry. */

const EMPTY = -1;
const FIRST_SIZE = 1024;

/** The keys themselves lie in the columns; whoever asks says whether a place holds the key that is meant. */
export class PlaceTable {
  #places = new Int32Array(FIRST_SIZE).fill(EMPTY);
  #hashes = new Uint32Array(FIRST_SIZE);
  #count = 0;

  /** The place of a key; -1 when it is not there. */
  find(hash: number, isSame: (place: number) => boolean): number {
    const mask = this.#places.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot] as number;
      if (place === EMPTY || (this.#hashes[slot] === hash && isSame(place))) return place;
    }
  }

  /** Adds a key that is not there yet. */
  add(hash: number, place: number): void {
    if (2 * (this.#count + 1) > this.#places.length) this.#grow();
    this.#put(hash, place);
    this.#count++;
  }

  /** Removes a place. Those behind it move up, so that a search never passes a gap. */
  remove(hash: number, place: number): void {
    const mask = this.#places.length - 1;
    let slot = hash & mask;
    while (this.#places[slot] !== place) {
      if (this.#places[slot] === EMPTY) return;
      slot = (slot + 1) & mask;
    }
    this.#count--;
    for (let next = (slot + 1) & mask; this.#places[next] !== EMPTY; next = (next + 1) & mask) {
      const home = (this.#hashes[next] as number) & mask;
      if (((next - home) & mask) < ((next - slot) & mask)) continue;
      this.#places[slot] = this.#places[next] as number;
      this.#hashes[slot] = this.#hashes[next] as number;
      slot = next;
    }
    this.#places[slot] = EMPTY;
  }

  #put(hash: number, place: number): void {
    const mask = this.#places.length - 1;
    let slot = hash & mask;
    while (this.#places[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#places[slot] = place;
    this.#hashes[slot] = hash;
  }

  #grow(): void {
    const [places, hashes] = [this.#places, this.#hashes];
    this.#places = new Int32Array(places.length * 2).fill(EMPTY);
    this.#hashes = new Uint32Array(places.length * 2);
    for (let slot = 0; slot < places.length; slot++) {
      const place = places[slot] as number;
      if (place !== EMPTY) this.#put(hashes[slot] as number, place);
    }
  }
}

/** A hash of two 32-bit numbers. */
export function hashOfPair(high: number, low: number): number {
  let hash = Math.imul(high ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(low ^ (low >>> 15), 0xc2b2ae35);
  hash ^= hash >>> 13;
  return Math.imul(hash, 0x27d4eb2f) >>> 0;
}
