/** A machine that sells channels: the provider of the sandbox on a node of the simulation, whose conduct a run may change. */
import { ChannelSales } from '../../src/app/sandbox/provider/channel-sales.ts';
import type { Conduct } from '../../src/app/sandbox/provider/conduct.ts';
import { type JitPrice, JitSales } from '../../src/app/sandbox/provider/jit-sales.ts';
import { answerRequest, type LspsMethod } from '../../src/app/sandbox/provider/lsps0.ts';
import { ChannelOpener } from '../../src/app/sandbox/provider/opener.ts';
import { PassingPayments } from '../../src/app/sandbox/provider/passing-payments.ts';
import { CHANNEL_PRICE, JIT_PRICE } from '../../src/app/sandbox/provider/provider.ts';
import { Records } from '../../src/app/sandbox/provider/records.ts';
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
      const { keys } = node.machine;
      const records = new Records({
        read: () => this.#sold,
        write: (text) => {
          if (!life.isOver) this.#sold = text;
        },
      });
      const { clock, log } = node;
      const opener = new ChannelOpener(() => node, conduct, log);
      const passing: PassingPayments = new PassingPayments({
        records,
        conduct,
        log,
        channels: () => node.channels,
        sold: (htlc) => jit.take(htlc),
        resumed: (htlc) => jit.resumed(htlc),
      });
      const common = {
        records,
        clock,
        log,
        randomBytes: (length: number) => node.randomBytes(length),
        node: () => node,
        opener: () => opener,
      };
      const jit: JitSales = new JitSales({
        ...common,
        conduct,
        price: this.jit_price,
        promise_key: new Secret(sha256(Buffer.from(`promises of ${node.machine.name}`))),
        passing: () => passing,
      });
      const sales = new ChannelSales({ ...common, price: CHANNEL_PRICE, keys, network: NETWORKS.regtest });
      const methods = new Map<string, LspsMethod>([
        ['lsps0.list_protocols', { known: [], run: async () => ({ protocols: [1, 2] }) }],
        ...jit.methods,
        ...sales.methods,
      ]);
      let isUp = false;
      const moved = (): void => {
        if (!isUp || life.isOver) return;
        jit.moved();
        sales.moved();
        sales.block().catch((error: unknown) => node.trouble('sales', error));
      };
      return {
        passing,
        moved,
        incoming: {
          offer: (htlc) => sales.take(htlc),
          resume: () => {},
          expire: (channel_id, htlc_id) => {
            passing.expire(channel_id, htlc_id);
            sales.expire(htlc_id);
          },
        },
        outgoing: {
          fulfilled: (_channel_id, _htlc_id, payment_hash, preimage) => {
            jit.fulfilled(payment_hash);
            passing.fulfilled(payment_hash, preimage);
            return [];
          },
          removed: (channel_id, htlc) => {
            passing.removed(channel_id, htlc);
            return [];
          },
          told: moved,
        },
        beforeFunding: () => conduct.beforeFunding(),
        beforePublishing: async (txid) => {
          await opener.beforePublishing(txid);
          await conduct.beforePublishing(txid);
        },
        async resumeFundings() {
          for (const txid of node.wallet.held()) if (withheld.has(txid)) await node.wallet.release(txid);
          await jit.sendHeldFundings();
        },
        async start() {
          isUp = true;
          node.chain.onTip(moved);
          moved();
        },
        hear(peer, payload) {
          answerRequest(peer.node_id, payload, methods).then(
            ({ method, payload: answer }) => {
              const said = conduct.answer(method, answer);
              if (said !== undefined && !life.isOver) peer.send([{ type: 'lsps0_message', payload: said }]);
            },
            (error: unknown) => node.trouble('answering', error),
          );
        },
        connected: moved,
        disconnected: moved,
        say: (message) => conduct.message(message) as readonly KnownMessage[],
      };
    };
  }
}
