/** From a key's hash to its place in columns: open addressing in a typed array, eight bytes an entry at most. */

const EMPTY = -1;
const FIRST_SIZE = 1024;

/**
 * The keys themselves lie in the columns: whoever makes a table says what the key at a place hashes to, and whoever looks
 * for one walks over the slots from `home` on, until a place holds the key that is meant or there is none (-1):
 *
 *     for (let slot = table.home(hash); ; slot = table.after(slot)) {
 *       const place = table.at(slot);
 *       if (place === -1 || isMeant(place)) return place;
 *     }
 *
 * A function for `isMeant` as an argument would be called through a pointer, a million times while the map is read.
 */
export class PlaceTable {
  readonly #hashAt: (place: number) => number;
  #places = new Int32Array(FIRST_SIZE).fill(EMPTY);
  #count = 0;

  constructor(hashAt: (place: number) => number) {
    this.#hashAt = hashAt;
  }

  /** The first slot in which a key with this hash may be. */
  home(hash: number): number {
    return hash & (this.#places.length - 1);
  }

  /** The place in a slot; -1 when none is there. */
  at(slot: number): number {
    return this.#places[slot] as number;
  }

  /** The slot to look into after this one. */
  after(slot: number): number {
    return (slot + 1) & (this.#places.length - 1);
  }

  /** Makes room for so many. */
  reserve(count: number): void {
    let size = this.#places.length;
    while (2 * count > size) size *= 2;
    if (size > this.#places.length) this.#grow(size);
  }

  /** Adds a place, whose key is in the columns already and not yet in here. */
  add(place: number): void {
    this.reserve(this.#count + 1);
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

  #grow(size: number): void {
    const places = this.#places;
    this.#places = new Int32Array(size).fill(EMPTY);
    for (const place of places) if (place !== EMPTY) this.#put(place);
    // Freed now, as the columns are.
    places.buffer.transfer(0);
  }
}

/** A hash of two 32-bit numbers, itself one with a sign: larger ones would be objects, a million of them while the map is read. */
export function hashOfPair(high: number, low: number): number {
  let hash = Math.imul(high ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(low ^ (low >>> 15), 0xc2b2ae35);
  hash ^= hash >>> 13;
  return Math.imul(hash, 0x27d4eb2f);
}
