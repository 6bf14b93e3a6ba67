/** The scripts that were ever handed out or used for change, and the next index of each kind. */

import { toHex } from '../../base/types/hex.ts';
import type { Write } from '../../infra/store/store.ts';
import { type AddressKind, type KeyPath, scriptOf, type WalletKeys } from './coin.ts';
import { type OwnScript, scriptWrite } from './rows.ts';

/** A script that was never used before, with the write that takes its index. */
export interface FreshScript {
  readonly own: OwnScript;
  readonly script: Uint8Array;
  readonly write: Write;
}

export class Addresses {
  readonly #keys: WalletKeys;
  readonly #paths = new Map<string, KeyPath>();
  readonly #next = new Map<string, number>();

  constructor(keys: WalletKeys, scripts: readonly OwnScript[]) {
    this.#keys = keys;
    for (const own of scripts) this.take(own);
  }

  /** Hex of every script of ours. */
  get scripts(): readonly string[] {
    return [...this.#paths.keys()];
  }

  pathOf(script_pubkey: string): KeyPath | undefined {
    return this.#paths.get(script_pubkey);
  }

  /** The first index that was never used. */
  nextIndex(kind: AddressKind, change: 0 | 1): number {
    return this.#next.get(`${kind}/${change}`) ?? 0;
  }

  /** The script at the next index, which stays free until it is taken. */
  fresh(kind: AddressKind, change: 0 | 1): FreshScript {
    const path: KeyPath = { kind, change, index: this.nextIndex(kind, change) };
    const script = scriptOf(this.#keys, path);
    const own: OwnScript = { script_pubkey: toHex(script), path };
    return { own, script, write: scriptWrite(own) };
  }

  /** Remembers a script as ours: its index is never given again. */
  take({ script_pubkey, path }: OwnScript): void {
    this.#paths.set(script_pubkey, path);
    const name = `${path.kind}/${path.change}`;
    this.#next.set(name, Math.max(this.#next.get(name) ?? 0, path.index + 1));
  }
}
