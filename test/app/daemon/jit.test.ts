/** A shop without a coin and without a channel is paid, through a channel that the payment opens (bLIP 52). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { TestLsp } from '../../support/lsp.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

/** What an event of a payment says. */
interface PaidEvent {
  readonly data: { readonly opening_fee_msat?: number };
}

describe('a shop without a channel', TIMEOUT, () => {
  let town: Town;
  let lsp: TestLsp;
  let shop: Daemon;
  let client: Client;

  /** Starts a shop that is connected to the provider. */
  const open = async (name: string, ...options: readonly string[]): Promise<Daemon> => {
    const daemon = await town.start(name, lsp.option, ...options);
    await until(() => lsp.daemon.channels.peer(daemon.keys.node_id) !== undefined);
    await until(() => daemon.liquidity.providers.list()[0]?.is_connected === true);
    return daemon;
  };

  before(async () => {
    town = await Town.found();
    lsp = new TestLsp(town, await town.start('provider'));
    await town.fund(lsp.daemon);
    shop = await open('shop', '--lsp-max-fee=5000sat');
    client = await connectToNode(shop.rpc_file, { reconnect: false });
  });
  after(async () => {
    client.close();
    await town.close();
  });

  test('what cannot be bought is said with what can', async () => {
    const invoice = (amount_msat: string, jit: boolean | 'auto') =>
      client.call('invoice', { amount_msat, label: `${amount_msat} ${jit}`, description: 'b', jit });
    await assert.rejects(invoice('5000sat', true), /the least is [\d,.]+ sat/);
    await assert.rejects(invoice('900000sat', true), /the cheapest channel costs 9,000 sat/);
    // An empty wallet could not bring so much to the chain.
    await assert.rejects(invoice('200000sat', true), /the wallet could not pay the fees/);
    const { warning_jit, opening_fee_msat } = await invoice('5000sat', 'auto');
    assert.match(warning_jit ?? '', /No channel was bought for this invoice: .*the least is/);
    assert.equal(opening_fee_msat, undefined);
    assert.ok(lsp.asked.every(({ method }) => method === 'lsps2.get_info'));
  });

  test('without a limit of the operator nothing is bought', async () => {
    const asked = lsp.asked.length;
    const thrifty = await open('thrifty shop');
    const its = await connectToNode(thrifty.rpc_file, { reconnect: false });
    const request = { amount_msat: '50000sat', label: 'a', description: 'b', jit: true };
    await assert.rejects(its.call('invoice', request), /lsp-max-fee/);
    its.close();
    assert.equal(lsp.asked.length, asked);
    await town.stop(thrifty);
  });

  test('the first payment opens the channel, and what it cost is shown everywhere', async () => {
    const { lsps } = await client.call('listlsps', { amount_msat: '50000sat' });
    const [listed] = lsps;
    assert.deepEqual([listed?.connected, listed?.protocols, listed?.menu[0]?.opening_fee_msat], [true, [2], 1_000_000]);
    assert.equal(listed?.menu[0]?.refused, undefined);
    const request = { amount_msat: '50000sat', label: 'chair', description: 'A chair', jit: true };
    const made = await client.call('invoice', request);
    assert.deepEqual(
      [made.opening_fee_msat, made.amount_expected_msat, made.lsp],
      [1_000_000, 49_000_000, lsp.daemon.keys.node_id],
    );
    assert.match(made.warning_jit ?? '', /keeps 1,000 sat of the 50,000 sat/);
    const { routes, min_final_cltv_expiry_delta } = decodeInvoice(made.bolt11);
    assert.deepEqual([routes.length, routes[0]?.[0]?.pubkey, min_final_cltv_expiry_delta], [1, made.lsp, 26]);

    const waiting = client.call('waitinvoice', { label: 'chair' });
    const { channel_id } = await lsp.open(shop.keys.node_id, 55_000);
    await lsp.usable(channel_id);
    lsp.bring(channel_id, made.bolt11, [
      { amount_msat: 30_000_000n, extra_fee: 1_000_000n },
      { amount_msat: 20_000_000n },
    ]);
    const paid = await waiting;
    assert.deepEqual(
      [paid.status, paid.amount_msat, paid.amount_received_msat, paid.opening_fee_msat],
      ['paid', 50_000_000, 49_000_000, 1_000_000],
    );
    await until(() => lsp.preimages.length === 2);
    const { events } = await client.call('listevents', { types: ['invoice.paid'] });
    assert.equal((JSON.parse(JSON.stringify(events[0])) as PaidEvent).data.opening_fee_msat, 1_000_000);
    const query = "SELECT opening_fee_msat FROM invoices WHERE label = 'chair'";
    assert.deepEqual((await client.call('sql', { query })).rows, [[1_000_000]]);
    const { income_events } = await client.call('bkpr-listincome', {});
    assert.deepEqual(
      income_events.map(({ tag, credit_msat, debit_msat }) => [tag, credit_msat, debit_msat]),
      [
        ['invoice', 50_000_000, 0],
        ['lease_fee', 0, 1_000_000],
      ],
    );
    const of_income = 'SELECT tag, credit_msat, debit_msat FROM bkpr_income ORDER BY rowid';
    assert.deepEqual((await client.call('sql', { query: of_income })).rows, [
      ['invoice', 50_000_000, 0],
      ['lease_fee', 0, 1_000_000],
    ]);
    const { entries } = (await client.callAny('exportledger', {})) as { entries: Record<string, unknown>[] };
    assert.deepEqual(
      entries.map(({ type, amount_msat }) => [type, Number(amount_msat)]),
      [
        ['invoice', 50_000_000],
        ['opening_fee', -1_000_000],
      ],
    );
    for (const [format, word] of [
      ['generic', 'opening_fee'],
      ['koinly', 'cost'],
      ['cointracking', 'Other Fee'],
    ] as const) {
      const { lines } = (await client.callAny('exportledger', { format })) as { lines: string[] };
      const [line] = lines.filter((each) => each.includes(word));
      assert.match(line ?? '', /0\.00001|-1000000/, `${format}: ${lines.join('\n')}`);
    }
    await town.mine(1);
    const { channels } = await client.call('listpeerchannels', {});
    assert.deepEqual([channels[0]?.state, channels[0]?.to_us_msat], ['CHANNELD_NORMAL', 49_000_000]);
  });

  test('a provider that takes more than it promised is not paid at all', async () => {
    const before = lsp.preimages.length;
    const made = await client.call('invoice', { amount_msat: '50000sat', label: 'a', description: 'b', jit: true });
    const plain = await client.call('invoice', { amount_msat: '20000sat', label: 'plain', description: 'b' });
    const { channel_id } = await lsp.open(shop.keys.node_id, 60_000);
    await lsp.usable(channel_id);
    lsp.bring(channel_id, made.bolt11, [{ amount_msat: 50_000_000n, extra_fee: 1_000_001n }]);
    await lsp.calm(channel_id);
    lsp.bring(channel_id, plain.bolt11, [{ amount_msat: 20_000_000n, extra_fee: 1_000n }]);
    await lsp.calm(channel_id);
    assert.equal(lsp.preimages.length, before);
    lsp.bring(channel_id, made.bolt11, [{ amount_msat: 50_000_000n, extra_fee: 1_000_000n }]);
    await until(() => lsp.preimages.length === before + 1);
    await lsp.calm(channel_id);
    const statusOf = async (label: string) => (await client.call('listinvoices', { label })).invoices[0]?.status;
    assert.deepEqual([await statusOf('a'), await statusOf('plain')], ['paid', 'unpaid']);
  });

  test('who sends the funding only for the preimage is trusted with that payment alone, if the operator says so', async () => {
    await town.mine(1);
    lsp.client_trusts_lsp = true;
    lsp.holds_fundings = true;
    const request = { amount_msat: '50000sat', label: 'trust', description: 'b', jit: true };
    await assert.rejects(client.call('invoice', request), /client-trusts-lsp/);
    const trusting = await open('trusting shop', '--lsp-max-fee=5000sat', '--client-trusts-lsp');
    const its = await connectToNode(trusting.rpc_file, { reconnect: false });
    const made = await its.call('invoice', request);
    assert.match(made.warning_jit ?? '', /until then it could keep the money/);
    const plain = await its.call('invoice', { amount_msat: '1000sat', label: 'plain', description: 'b' });
    const { channel_id } = await lsp.open(trusting.keys.node_id, 55_000);
    await lsp.usable(channel_id);
    const plainStatus = async () => (await its.call('listinvoices', { label: 'plain' })).invoices[0]?.status;
    lsp.bring(channel_id, plain.bolt11, [{ amount_msat: 1_000_000n }]);
    await lsp.calm(channel_id);
    assert.equal(await plainStatus(), 'unpaid', 'nothing but what was bought');
    lsp.bring(channel_id, made.bolt11, [{ amount_msat: 50_000_000n, extra_fee: 1_000_000n }]);
    await its.call('waitinvoice', { label: 'trust' });
    await lsp.calm(channel_id);
    lsp.bring(channel_id, plain.bolt11, [{ amount_msat: 1_000_000n }]);
    await lsp.calm(channel_id);
    assert.equal(await plainStatus(), 'unpaid', 'goods are not given for a channel that is not there');
    const { channels } = await its.call('listpeerchannels', {});
    assert.deepEqual([channels[0]?.state, channels[0]?.receivable_msat], ['CHANNELD_AWAITING_LOCKIN', 0]);
    assert.match(channels[0]?.status?.join() ?? '', /49000000 msat in it do not count before/);
    assert.deepEqual((await its.call('listfunds', {})).channels, []);

    await lsp.sendFundings();
    await until(() => trusting.channels.list()[0]?.state.funding_sight === 'seen');
    lsp.bring(channel_id, plain.bolt11, [{ amount_msat: 1_000_000n }]);
    await its.call('waitinvoice', { label: 'plain' });
    its.close();
    await town.stop(trusting);
  });
});
