/** A node under attack, and beside the attackers a good peer (LDK) that pays it: as long as it can, all is well. */
import assert from 'node:assert/strict';
import type { NodeId } from '../../src/base/types/brand.ts';
import { Arena } from '../peers/arena.ts';
import type { LdkPeer } from '../peers/ldk/ldk-peer.ts';

export class Witness {
  readonly arena: Arena;
  readonly #payer: LdkPeer;
  #count = 0;

  /** `coins`: how many channels the attackers can fund. */
  static async start(coins = 10): Promise<Witness> {
    const arena = await Arena.start({ coins });
    await arena.startTill();
    const payer = await arena.startLdk('good payer');
    await arena.connect(payer);
    await arena.openFromLdk(payer, 1_000_000n);
    await arena.usable(payer);
    return new Witness(arena, payer);
  }

  private constructor(arena: Arena, payer: LdkPeer) {
    this.arena = arena;
    this.#payer = payer;
  }

  get node_id(): NodeId {
    return this.arena.daemon.keys.node_id;
  }

  get port(): number {
    return this.arena.daemon.bindings[0]?.port as number;
  }

  passTime(seconds: number): Promise<void> {
    return this.arena.passTime(seconds);
  }

  /** The good peer pays an invoice, over the connection and the channel that it had from the start. */
  async isPaid(): Promise<void> {
    const label = `good ${this.#count++}`;
    const { bolt11, payment_hash } = await this.arena.invoice(label, 100_000n);
    await this.#payer.ask('pay', bolt11, null);
    await this.#payer.take('payment_sent', (event) => event.payment_hash === payment_hash);
    assert.equal((await this.arena.daemon.invoices.find({ label }))?.status, 'paid');
  }

  stop(): Promise<void> {
    return this.arena.stop();
  }
}
