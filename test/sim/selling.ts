/** A machine that sells channels: the provider of the sandbox on a node of the simulation, whose conduct a run may change. */
import type { Conduct } from '../../src/app/sandbox/provider/conduct.ts';
import type { JitPrice } from '../../src/app/sandbox/provider/jit-sales.ts';
import { CHANNEL_PRICE, JIT_PRICE } from '../../src/app/sandbox/provider/provider.ts';
import { Records } from '../../src/app/sandbox/provider/records.ts';
import { joinSelling } from '../../src/app/sandbox/provider/selling.ts';
import { sha256 } from '../../src/base/crypto/hash.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import type { KnownMessage } from '../../src/codec/wire/index.ts';
import type { BeginTrade } from './trade.ts';

/** What a provider keeps of one life for the next, and how it behaves. */
export class Seller {
  readonly conduct: Conduct;
  readonly jit_price: JitPrice;
  /** Fundings that it will never send. */
  readonly withheld = new Set<Txid>();
  #sold: string | undefined;

  constructor(conduct: Conduct, price: Partial<JitPrice>) {
    this.conduct = conduct;
    this.jit_price = { ...JIT_PRICE, ...price };
  }

  /** What it has promised and done, as it is on its disk. */
  get records(): Records {
    return new Records({ read: () => this.#sold, write: () => {} });
  }

  /** As the sandbox joins it. */
  get begins(): BeginTrade {
    return (node, life) => {
      const { conduct, withheld } = this;
      const { clock, log, machine } = node;
      const { ports, resumeFundings, begin } = joinSelling({
        records: new Records({
          read: () => this.#sold,
          write: (text) => {
            if (!life.isOver) this.#sold = text;
          },
        }),
        conduct,
        jit_price: this.jit_price,
        channel_price: CHANNEL_PRICE,
        promise_key: new Secret(sha256(Buffer.from(`promises of ${machine.name}`))),
        keys: machine.keys,
        network: NETWORKS.regtest,
        clock,
        randomBytes: node.randomBytes,
        log,
        node: () => node,
        onFault: (what, error) => node.trouble(what, error),
      });
      const moved = (): void => {
        if (!life.isOver) ports.moved();
      };
      return {
        ...ports,
        moved,
        async resumeFundings() {
          for (const txid of node.wallet.held()) if (withheld.has(txid)) await node.wallet.release(txid);
          await resumeFundings();
        },
        async start() {
          begin();
          node.chain.onTip(moved);
        },
        hear: (peer, payload) => void ports.request(peer, payload),
        connected: moved,
        disconnected: moved,
        say: (message) => ports.say(message) as readonly KnownMessage[],
      };
    };
  }
}
