import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChannelId } from '../../src/base/types/brand.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Arena } from './arena.ts';
import type { LdkPeer } from './ldk/ldk-peer.ts';
import type { LdkHop } from './ldk/protocol.ts';
import { hopOver } from './routes.ts';

const FINAL_DELTA = 40;

/** A payer with two channels to Till. */
interface Scene {
  readonly arena: Arena;
  readonly payer: LdkPeer;
  readonly channel_ids: readonly ChannelId[];
  /** The payer's own way over its nth channel. */
  direct(index: number, amount_msat: bigint): Promise<readonly LdkHop[]>;
}

async function twoChannels(t: TestContext): Promise<Scene> {
  const arena = await Arena.open(t);
  await arena.startTill();
  const payer = await arena.startLdk('payer');
  await arena.connect(payer);
  const channel_ids = [await arena.openFromLdk(payer, 1_000_000n), await arena.openFromLdk(payer, 500_000n)];
  await arena.usable(payer);
  const direct = async (index: number, amount_msat: bigint): Promise<readonly LdkHop[]> => [
    await hopOver(payer, channel_ids[index] as string, arena.daemon.keys.node_id, amount_msat, FINAL_DELTA),
  ];
  return { arena, payer, channel_ids, direct };
}

async function statusOf(arena: Arena, label: string) {
  return await arena.daemon.invoices.find({ label });
}

test('LDK splits a payment that is too large for one channel, and Till takes it as one', TIMEOUT, async (t) => {
  const { arena, payer, channel_ids } = await twoChannels(t);
  const { bolt11 } = await arena.invoice('large', 1_200_000_000n);
  await payer.ask('pay', bolt11, null);
  await payer.take('payment_sent');
  const invoice = await statusOf(arena, 'large');
  assert.equal(invoice?.status === 'paid' && invoice.amount_received_msat, 1_200_000_000n);
  await arena.until(() => arena.htlcs.length === 0);
  const balances = channel_ids.map((id) => arena.daemon.channels.find(id)?.state.local_msat as bigint);
  assert.ok(balances.every((balance) => balance > 0n));
  assert.equal(
    balances.reduce((sum, each) => sum + each),
    1_200_000_000n,
  );
  assert.deepEqual(arena.complaints, []);
});

test(
  'parts of every size add up, overpayment is taken up to twice, and a wrong secret is refused',
  TIMEOUT,
  async (t) => {
    const { arena, payer, direct } = await twoChannels(t);
    const twice = await arena.invoice('twice', 100_000n);
    const { payment_secret } = await payer.ask('decode', twice.bolt11);
    const parts = [await direct(0, 99_999n), await direct(1, 1n), await direct(0, 100_000n)];
    await payer.ask('sendParts', twice.payment_hash, payment_secret, parts);
    await payer.take('payment_sent');
    const paid = await statusOf(arena, 'twice');
    assert.equal(paid?.status === 'paid' && paid.amount_received_msat, 200_000n);

    const refused = async (label: string, secret: string | undefined, amounts: readonly bigint[]): Promise<void> => {
      const invoice = await arena.invoice(label, 100_000n);
      const own = (await payer.ask('decode', invoice.bolt11)).payment_secret;
      const paths = await Promise.all(amounts.map((amount, index) => direct(index % 2, amount)));
      await payer.ask('sendParts', invoice.payment_hash, secret ?? own, paths);
      await payer.take('payment_failed', ({ payment_hash }) => payment_hash === invoice.payment_hash);
      assert.equal((await statusOf(arena, label))?.status, 'unpaid');
    };
    await refused('more than twice', undefined, [100_000n, 100_001n]);
    await refused('too little', undefined, [50_000n, 49_999n]);
    await refused('another secret', 'ab'.repeat(32), [100_000n]);
    await refused('another secret in parts', 'ab'.repeat(32), [60_000n, 40_000n]);
    await refused('the secret of another invoice', payment_secret, [100_000n]);
    await arena.until(() => arena.htlcs.length === 0);
    assert.equal(
      arena.daemon.channels.list().reduce((sum, { state }) => sum + state.local_msat, 0n),
      200_000n,
    );
    assert.deepEqual(arena.complaints, []);
  },
);
