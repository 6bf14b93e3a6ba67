/**
 * What the people outside know: which invoices a shop answered, who was asked to pay them, and what they were told. Nodes
 * may die; what was told to people must be true afterwards.
 */
import assert from 'node:assert/strict';
import { sha256 } from '../../src/base/crypto/hash.ts';
import { RpcError } from '../../src/base/errors.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { PaymentHash } from '../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../src/base/types/hex.ts';
import type { PaidInvoice } from '../../src/shop/invoices/invoice.ts';
import type { Machine, TillNode } from './machine.ts';

/** How somebody who was asked to pay answered. `shared`: a part of it was paid by it, and the rest by others. */
export type Answer = 'none' | 'paid' | 'shared' | 'failed';

export interface Sale {
  readonly shop: Machine;
  readonly label: string;
  readonly bolt11: string;
  readonly payment_hash: PaymentHash;
  readonly amount_msat: bigint;
  /** Those who were asked to pay, and their last word. */
  readonly payers: Map<Machine, Answer>;
}

/** Waits that nobody ever gives up. */
const NEVER = new AbortController().signal;

export class Sales {
  readonly list: Sale[] = [];
  /** Payments that shops reported, by their index. */
  readonly told = new Map<Machine, Map<number, PaymentHash>>();
  readonly #onTrouble: (what: string) => void;
  #numbers = 0;
  /** Calls of `pay` that were not answered, by the node that was called. */
  readonly #calls = new Map<TillNode, number>();

  constructor(onTrouble: (what: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Asks a shop for an invoice. It exists for people once the shop answers. */
  sell(node: TillNode, amount_msat: bigint, expiry_seconds: number, cltv: number): void {
    const label = `sale ${this.#numbers++}`;
    const shop = node.machine;
    const expiry = BigInt(expiry_seconds);
    const request = { amount_msat: msat(amount_msat), label, description: label, expiry, cltv };
    node.invoices.create(request).then(
      ({ invoice: { bolt11, payment_hash } }) => {
        if (shop.node === node) this.list.push({ shop, label, bolt11, payment_hash, amount_msat, payers: new Map() });
      },
      (error: unknown) => this.#failed(`invoice of ${shop.name}`, error),
    );
  }

  /** Asks a node to pay. People who hear nothing, or that it failed, may ask again. */
  pay(node: TillNode, sale: Sale, retry_for_seconds: number): void {
    const { machine } = node;
    const hasProof = (): boolean => ['paid', 'shared'].includes(sale.payers.get(machine) ?? 'none');
    if (!hasProof()) sale.payers.set(machine, 'none');
    this.#calls.set(node, this.callsAt(node) + 1);
    const ended = (answer: Answer): void => {
      this.#calls.set(node, this.callsAt(node) - 1);
      if (machine.node !== node) return;
      if (!hasProof()) sale.payers.set(machine, answer);
      else if (answer === 'failed') this.#onTrouble(`${machine.name} forgot that it paid ${sale.label}`);
    };
    node.pay(sale.bolt11, retry_for_seconds).then(
      ({ payment_preimage }) => {
        ended('paid');
        if (toHex(sha256(fromHex(payment_preimage))) !== sale.payment_hash) {
          this.#onTrouble(`${machine.name} has no proof for ${sale.label}`);
        }
      },
      (error: unknown) => {
        const isShared = error instanceof RpcError && error.error === 'PAY_RHASH_ALREADY_USED';
        ended(isShared ? 'shared' : 'failed');
        if (!(error instanceof RpcError)) this.#failed(`pay of ${machine.name}`, error);
      },
    );
  }

  /** Calls of `pay` that this node has not answered. */
  callsAt(node: TillNode): number {
    return this.#calls.get(node) ?? 0;
  }

  /** Hears of every payment to a shop in turn, from the last one heard of on, as long as its process lives. */
  async hear(node: TillNode): Promise<void> {
    const shop = node.machine;
    const told = this.told.get(shop) ?? new Map<number, PaymentHash>();
    this.told.set(shop, told);
    for (let last = Math.max(0, ...told.keys()); ; ) {
      let paid: PaidInvoice;
      try {
        paid = await node.invoices.waitForPayment(BigInt(last), undefined, NEVER);
      } catch (error) {
        return this.#failed(`payments to ${shop.name}`, error);
      }
      if (shop.node !== node) return;
      if (paid.pay_index !== last + 1) this.#onTrouble(`${shop.name} told of payment ${paid.pay_index} after ${last}`);
      last = paid.pay_index;
      told.set(last, paid.payment_hash);
    }
  }

  #failed(where: string, error: unknown): void {
    this.#onTrouble(`${where}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /**
   * Compares what people were told with what is durable now that nothing is under way: every invoice is there, paid at
   * most once, and paid exactly if somebody has the proof. What only a `liar` knows is not looked at.
   */
  async check(liar?: Machine): Promise<{ readonly paid: number; readonly unpaid: number }> {
    let [paid, unpaid] = [0, 0];
    for (const sale of this.list) {
      if (liar !== undefined && (sale.shop === liar || sale.payers.has(liar))) continue;
      const invoice = await sale.shop.node?.invoices.find({ label: sale.label });
      assert.ok(invoice !== undefined, `${sale.label} is there`);
      assert.equal(invoice.payment_hash, sale.payment_hash);
      let received_msat = 0n;
      for (const [payer, answer] of sale.payers) {
        const parts = await payer.disk.read(
          'SELECT groupid, status, amount_msat, payment_preimage FROM sendpays WHERE payment_hash = ?',
          [sale.payment_hash],
        );
        assert.ok(!parts.some(({ status }) => status === 'pending'), `nothing of ${sale.label} is under way`);
        const complete = parts.filter(({ status }) => status === 'complete');
        const isShared = answer === 'shared' && sale.payers.size > 1;
        const told = isShared || answer === 'paid';
        assert.equal(told, complete.length > 0, `${payer.name} said of ${sale.label} what is true, not ${answer}`);
        assert.ok(new Set(complete.map(({ groupid }) => groupid)).size <= 1, `${sale.label} was paid once`);
        for (const { amount_msat } of complete) received_msat += amount_msat as bigint;
      }
      if (invoice.status !== 'paid') {
        assert.equal(received_msat, 0n, `nobody paid ${sale.label}, which is ${invoice.status}`);
        unpaid++;
        continue;
      }
      paid++;
      assert.equal(invoice.amount_received_msat, received_msat, `${sale.label} got what was paid`);
      const isAlone = sale.payers.size === 1;
      // Two who pay the same at once may meet in one set, which is then claimed whole (BOLT 4).
      assert.ok(
        received_msat === sale.amount_msat || (!isAlone && received_msat < 2n * sale.amount_msat),
        `${sale.label} of ${sale.amount_msat} msat got ${received_msat} of ${sale.payers.size}`,
      );
      assert.equal(this.told.get(sale.shop)?.get(invoice.pay_index), sale.payment_hash, `${sale.label} was told of`);
    }
    for (const [shop, told] of this.told) {
      if (shop === liar) continue;
      const [row] = await shop.disk.read("SELECT COUNT(*) AS count FROM invoices WHERE state = 'paid'");
      assert.equal(row?.count, BigInt(told.size), `${shop.name} told of every payment once`);
    }
    return { paid, unpaid };
  }
}
