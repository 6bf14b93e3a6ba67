/** A chain that writes down what is given to it: whatever a node ever published is known, also what nobody took. */
import { toHex } from '../../src/base/types/hex.ts';
import { parseTransaction } from '../../src/codec/tx/transaction.ts';
import type { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import type { Outpoint } from '../../src/infra/chain/source.ts';

/** What one node, or the two of a pair, gave to the chain. */
export class Published {
  readonly #transactions: Uint8Array[] = [];

  /** The chain as that node sees it. */
  listen(chain: EmbeddedChain): EmbeddedChain {
    return new Proxy(chain, {
      get: (target, name) => {
        if (name === 'broadcast') {
          return (transactions: readonly Uint8Array[]) => {
            this.#transactions.push(...transactions);
            return target.broadcast(transactions);
          };
        }
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Those that spend this output, in hex, each once. */
  spending({ txid, vout }: Outpoint): readonly string[] {
    const spends = (bytes: Uint8Array): boolean =>
      parseTransaction(bytes).inputs.some((input) => input.txid === txid && input.vout === vout);
    return [...new Set(this.#transactions.filter(spends).map((bytes) => toHex(bytes)))];
  }
}
