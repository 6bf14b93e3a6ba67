/** A provider that opens a channel too small for what it was bought for. The shop waits a minute for the rest of the payment. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';
import { Stall } from './stall.ts';

let stall: Stall;

before(async () => {
  stall = await Stall.open();
}, TIMEOUT);
after(() => stall.close());

test('a channel that cannot carry the payment is not the one that was bought', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  stall.conduct.fundingSat = () => 60_000n;
  const refused = assert.rejects(stall.pay(made.bolt11, { retry_for: 1 }));
  await until(() => stall.town.chain.pending.length > 0);
  assert.equal(stall.shop.channels.list().at(-1)?.state.phase, 'opening');
  await stall.mine();
  await refused;
  assert.equal((await stall.invoice(made.label)).status, 'unpaid');
});
