/** The parts that sell channels on a node that is made up: what its wallet cannot do is neither tried for ever nor a crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import { CHANNEL_PRICE, JIT_PRICE } from '../../../src/app/sandbox/provider/provider.ts';
import type { SellingNode } from '../../../src/app/sandbox/provider/provider-node.ts';
import { type ChannelOrder, type JitOrder, Records } from '../../../src/app/sandbox/provider/records.ts';
import { joinSelling } from '../../../src/app/sandbox/provider/selling.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, Txid } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { Keys } from '../../../src/node/keys/keys.ts';
import { TransactionStateError } from '../../../src/node/wallet/failure.ts';

const CLIENT = `02${'ab'.repeat(32)}` as NodeId;
const CHANNEL = '11'.repeat(32) as ChannelId;
const PAYER_CHANNEL = '22'.repeat(32) as ChannelId;
const HASH = '33'.repeat(32) as PaymentHash;
const FUNDING = '44'.repeat(32) as Txid;
const NAME = '14680064x1x1' as ShortChannelId;

/** What becomes of everything that was begun. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function seller(node: unknown) {
  const records = new Records({ read: () => undefined, write: () => {} });
  const warnings: string[] = [];
  const faults: unknown[] = [];
  const selling = joinSelling({
    records,
    conduct: { ...HONEST },
    jit_price: JIT_PRICE,
    channel_price: CHANNEL_PRICE,
    promise_key: new Secret(new Uint8Array(32)),
    keys: new Keys(new Secret(new Uint8Array(32).fill(1)), NETWORKS.regtest),
    network: NETWORKS.regtest,
    clock: new ManualClock(),
    randomBytes: (length) => new Uint8Array(length),
    log: { debug: () => {}, info: () => {}, warn: (text) => warnings.push(text), error: (text) => faults.push(text) },
    node: () => node as SellingNode,
    onFault: (_what, error) => faults.push(error),
  });
  return { ...selling, records, warnings, faults };
}

test('a channel that the wallet cannot pay for is tried again with the next block, and not with each message', async () => {
  let height = 100;
  let openings = 0;
  const client = { node_id: CLIENT };
  const { ports, records, begin, faults } = seller({
    client: () => client,
    chain: { tip: () => ({ height }), feeratePerKw: () => 1000 },
    wallet: { listCoins: async () => [] },
    channels: {
      open: async () => {
        openings++;
        ports.moved();
        return { kind: 'failed', reason: 'no coins', cause: new Error('no coins') };
      },
    },
  });
  const order = { order_id: '1', client_id: CLIENT, payment_hash: HASH, lsp_balance_sat: 100_000n };
  const paid = { client_balance_sat: 0n, fee_total_sat: 2_000n, order_state: 'CREATED', onchain_state: 'PAID' };
  records.channel_orders.push({ ...order, ...paid } as ChannelOrder);
  begin();
  await settled();
  const tries = openings;
  assert.ok(tries > 0);
  ports.moved();
  await settled();
  assert.equal(openings, tries);
  height++;
  ports.moved();
  await settled();
  assert.equal(openings, 2 * tries);
  assert.deepEqual(faults, []);
});

for (const [what, held, refusal, given_up] of [
  ['that the wallet has dropped is not sent', [], undefined, 0],
  ['that is refused ends its channel', [FUNDING], new TransactionStateError('refused'), 1],
] as const) {
  test(`when the preimage is there, a funding of an earlier run ${what}`, async () => {
    const wallet = {
      waiting: [FUNDING] as readonly Txid[],
      held: () => wallet.waiting,
      publish: async () => {
        if (refusal !== undefined) throw refusal;
        throw new Error('it was dropped');
      },
      release: async () => {},
    };
    const inputs: unknown[] = [];
    const channel = {
      channel_id: CHANNEL,
      state: {
        phase: 'normal',
        terms: { funding_txid: FUNDING },
        htlcs: [{ offered_by: 'local', id: 0n, payment_hash: HASH }],
      },
    };
    const { ports, records, resumeFundings, faults } = seller({
      wallet,
      channels: {
        list: () => [channel],
        find: () => channel,
        apply: (_channel: unknown, input: unknown) => inputs.push(input),
        book: { follow: () => {} },
      },
    });
    const order = { jit_channel_scid: NAME, client_id: CLIENT, client_trusts_lsp: true, channel_id: CHANNEL };
    records.jit_orders.push({ ...order, payment_size_msat: undefined, paid_by: undefined } as unknown as JitOrder);
    records.forwards[`${CHANNEL}:0`] = { channel_id: PAYER_CHANNEL, htlc_id: 7n, payment_hash: HASH };
    ports.passing.offer({
      channel_id: PAYER_CHANNEL,
      htlc_id: 7n,
      payment_hash: HASH,
      amount_msat: msat(50_000_000),
      cltv_expiry: 200,
      amt_to_forward: msat(50_000_000),
      outgoing_cltv_value: 150,
      short_channel_id: NAME,
      next_packet: new Uint8Array(1366),
      shared_secret: new Uint8Array(32),
    });
    await resumeFundings();
    assert.deepEqual(inputs, [], 'it waits for the preimage');
    wallet.waiting = held;
    ports.outgoing.fulfilled(CHANNEL, 0n, HASH, '55'.repeat(32) as PaymentPreimage);
    await settled();
    assert.deepEqual(faults, []);
    assert.equal(inputs.length, given_up);
    assert.equal(records.jit_orders[0]?.paid_by, HASH);
  });
}
