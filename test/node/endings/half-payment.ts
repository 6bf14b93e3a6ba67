/** An HTLC that stays in flight between two whole nodes: another part of its payment never comes. */
import assert from 'node:assert/strict';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { until } from '../../support/town.ts';

/** What it is to the payer and, were it claimed, to the shop. */
export interface HalfPayment {
  readonly payment_hash: PaymentHash;
  readonly payment_preimage: PaymentPreimage;
}

/** Pays half of a new invoice, to expire after so many blocks; resolves when the shop holds the HTLC and waits for the rest. */
export async function payHalf(
  payer: Daemon,
  shop: Daemon,
  amount_sat: number,
  label: string,
  delay = 22,
): Promise<HalfPayment> {
  const total_msat = msat(amount_sat * 2000);
  const { invoice } = await shop.invoices.create({ amount_msat: total_msat, label, description: label });
  const { payment_hash, payment_secret } = decodeInvoice(invoice.bolt11);
  const [way] = payer.outgoing.waysOut();
  const [name] = way?.names ?? [];
  assert.ok(name !== undefined);
  const before = shop.payments.pending_sets;
  await payer.outgoing.send({
    route: [{ id: shop.keys.node_id, channel: name, amount_msat: msat(amount_sat * 1000), delay }],
    payment_hash,
    payment_secret,
    total_msat,
    groupid: 1n,
    partid: 1n,
  });
  await until(() => shop.payments.pending_sets === before + 1);
  const [row] = await shop.store.read('SELECT payment_preimage FROM invoices WHERE label = ?', [label]);
  return { payment_hash, payment_preimage: toHex(row?.payment_preimage as Uint8Array) as PaymentPreimage };
}

/** All that a node's wallet holds. */
export async function walletSat(daemon: Daemon): Promise<bigint> {
  const { confirmed_sat, unconfirmed_sat, reserved_sat, immature_sat } = await daemon.wallet.balance();
  return confirmed_sat + unconfirmed_sat + reserved_sat + immature_sat;
}

/** The scripts of a node's wallet. */
export async function walletScripts(daemon: Daemon): Promise<ReadonlySet<string>> {
  const rows = await daemon.store.read('SELECT script_pubkey FROM wallet_scripts');
  return new Set(rows.map((row) => row.script_pubkey as string));
}
