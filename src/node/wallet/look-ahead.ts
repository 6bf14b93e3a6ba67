/**
 * Addresses that may have been used before the database that knew them was lost: those that follow the last known one of
 * each kind. They count as ours from the moment when the chain shows that one was paid, with all before it.
 */
import { toHex } from '../../base/types/hex.ts';
import type { Addresses } from './addresses.ts';
import { type AddressKind, type KeyPath, scriptOf, type WalletKeys } from './coin.ts';
import type { OwnScript } from './rows.ts';

/**
 * How many unused addresses may lie between two used ones. BIP 44 says 20, for wallets that give one address out at a
 * time; invoices with an address each leave longer gaps.
 */
export const LOOK_AHEAD = 1_000;

const BRANCHES: readonly (readonly [AddressKind, 0 | 1])[] = [
  ['bech32', 0],
  ['bech32', 1],
  ['p2tr', 0],
  ['p2tr', 1],
];

export class LookAhead {
  readonly #keys: WalletKeys;
  readonly #addresses: Addresses;
  readonly #gap: number;
  readonly #paths = new Map<string, KeyPath>();
  /** By branch: the first index that was not looked at. */
  readonly #end = new Map<string, number>();

  constructor(keys: WalletKeys, addresses: Addresses, gap = LOOK_AHEAD) {
    this.#keys = keys;
    this.#addresses = addresses;
    this.#gap = gap;
  }

  /** Hex of the scripts to watch from now on that were not to be watched before. */
  extend(): readonly string[] {
    const added: string[] = [];
    for (const [kind, change] of BRANCHES) {
      const name = `${kind}/${change}`;
      const end = this.#addresses.nextIndex(kind, change) + this.#gap;
      for (let index = this.#end.get(name) ?? this.#addresses.nextIndex(kind, change); index < end; index++) {
        const path = { kind, change, index };
        const script_pubkey = toHex(scriptOf(this.#keys, path));
        this.#paths.set(script_pubkey, path);
        added.push(script_pubkey);
      }
      this.#end.set(name, Math.max(end, this.#end.get(name) ?? 0));
    }
    return added;
  }

  /** The script was paid: answers what is ours because of that, in order; nothing when it was not looked for. */
  found(script_pubkey: string): readonly OwnScript[] {
    const path = this.#paths.get(script_pubkey);
    if (path === undefined) return [];
    const { kind, change, index } = path;
    const own: OwnScript[] = [];
    for (let each = this.#addresses.nextIndex(kind, change); each <= index; each++) {
      const its_path = { kind, change, index: each };
      own.push({ script_pubkey: toHex(scriptOf(this.#keys, its_path)), path: its_path });
    }
    return own;
  }
}
