/** A provider that does not send the funding of the channel that it sold: at once, late, never, or spends it otherwise. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until, untilAsync } from '../../support/town.ts';
import { Stall } from './stall.ts';

/** Hundreds of blocks for two nodes: with the tests that take longer. */
const OPTIONS = {
  ...TIMEOUT,
  skip: process.env.TILL_CRASH_ROUNDS === undefined && 'TILL_CRASH_ROUNDS asks for the longer tests',
};

let stall: Stall;

before(async () => {
  if (OPTIONS.skip === false) stall = await Stall.open({ client_trusts_lsp: true });
}, TIMEOUT);
after(() => stall?.close());

test('a provider that wants to be trusted is refused, unless the operator accepts that', OPTIONS, async () => {
  await assert.rejects(stall.jitInvoice(80_000_000), /trust/);
  await stall.stopShop();
  await stall.startShop('--client-trusts-lsp');
  const { bolt11, label } = await stall.jitInvoice(80_000_000);
  await stall.pay(bolt11);
  assert.equal((await stall.invoice(label)).status, 'paid');
  const funding_txid = stall.shop.channels.list()[0]?.state.terms.funding_txid;
  await until(() => stall.town.chain.isPending(funding_txid as string));
});

test('who trusts a provider that never sends the funding loses that payment and no other', OPTIONS, async () => {
  await stall.mine();
  const { kept } = stall.withholds();
  const { bolt11, label } = await stall.jitInvoice(80_000_000);
  await stall.pay(bolt11);
  assert.equal((await stall.invoice(label)).status, 'paid');
  await until(() => kept.length === 1);
  // Nothing else can be received over the channel that does not exist.
  const large = { amount_msat: 300_000_000, label: 'large', description: 'x' };
  assert.match(String((await stall.ask(stall.shop, 'invoice', large)).warning_capacity), /Insufficient incoming/);
  // What is in it does not count, and its coins go elsewhere.
  const { channels } = await stall.ask<{ channels: readonly Record<string, unknown>[] }>(
    stall.shop,
    'listpeerchannels',
  );
  const shown = channels.find(({ funding_txid }) => funding_txid === kept[0]);
  assert.match(String(shown?.status), /in no block and not in the mempool/);
  Object.assign(stall.conduct, HONEST);
  await stall.provider.node.wallet.release(kept[0] as Txid);
  const { script_pubkey } = await stall.provider.node.wallet.newAddress('bech32');
  await stall.provider.node.wallet.withdraw(Buffer.from(script_pubkey, 'hex'), 'all', { feerate_per_kw: 1000 });
  await untilAsync(async () => {
    await stall.mine(12);
    return stall.shop.channels.list().length === 1;
  });
});
