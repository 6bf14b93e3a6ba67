import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { RpcError } from '../../../src/base/errors.ts';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { PaymentPreimage } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import type { RouteHop } from '../../../src/codec/bolt11/invoice.ts';
import type { FailureMessage } from '../../../src/codec/onion/failure.ts';
import { decodeFinalPayload, encodeFinalPayload, PayloadError } from '../../../src/codec/onion/payload.ts';
import type { RawRecord } from '../../../src/codec/wire/tlv.ts';
import { PREIMAGE_RECORD } from '../../../src/node/payments/keysend.ts';
import { Atlas } from './atlas.ts';
import { type Arrival, HEIGHT, hintThrough, Road, Somebody } from './road.ts';

interface Given {
  readonly amount_msat: bigint;
  readonly routes?: readonly (readonly RouteHop[])[];
  readonly custom_records?: readonly RawRecord[];
  readonly maxfee_msat?: Msat;
  readonly retry_for_seconds?: number;
  readonly max_delay?: number;
}

/** Pays the shop unasked. */
function send(road: Road, { amount_msat, ...given }: Given) {
  return road.payer.keysend({
    payee: road.shop.node_id,
    amount_msat: msat(amount_msat),
    routes: [],
    custom_records: [],
    maxfee_msat: msat(5000),
    max_delay: 2016,
    retry_for_seconds: 60,
    label: 'thanks',
    ...given,
  });
}

/** The preimage that the payee finds in the onion. */
function preimageIn({ custom_records }: Arrival): PaymentPreimage {
  return custom_records.get(PREIMAGE_RECORD) as PaymentPreimage;
}

test('the payee finds the preimage, what it is told besides, no secret, and 42 blocks at the least', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const note = { tlv_type: 133_773_310n, value: Buffer.from('hello') };
  const late = { tlv_type: (1n << 64n) - 1n, value: new Uint8Array(0) };
  const paying = send(road, { amount_msat: 100_000n, custom_records: [late, note] });
  await road.arrived(1);
  const [htlc] = road.out;
  assert(htlc !== undefined);
  assert.deepEqual([...htlc.custom_records.keys()], [note.tlv_type, PREIMAGE_RECORD, late.tlv_type], 'ascending');
  assert.equal(PREIMAGE_RECORD, 5_482_373_484n, 'as every implementation has it');
  assert.equal(htlc.custom_records.get(note.tlv_type), toHex(note.value));
  assert.equal(toHex(sha256(fromHex(preimageIn(htlc)))), htlc.htlc.payment_hash);
  const { payload } = htlc;
  assert.deepEqual([payload.payment_data, payload.payment_metadata], [undefined, undefined]);
  assert.equal(payload.amt_to_forward, 100_000n);
  assert(payload.outgoing_cltv_value - HEIGHT >= 42 + 3, `${payload.outgoing_cltv_value - HEIGHT} blocks`);
  await road.fulfil(htlc, preimageIn(htlc));
  const paid = await paying;
  assert.equal(paid.payment_preimage, preimageIn(htlc));
  assert.deepEqual([paid.amount_msat, paid.destination, paid.bolt11], [100_000n, road.shop.node_id, undefined]);
  assert.equal(paid.label, 'thanks');
});

test('each spontaneous payment has a preimage of its own: asking again pays again', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const hashes = new Set<string>();
  for (road.seed = 1; road.seed <= 2; road.seed++) {
    const paying = send(road, { amount_msat: 100_000n });
    await road.arrived(1);
    const [htlc] = road.out as [Arrival];
    hashes.add(htlc.htlc.payment_hash);
    await road.fulfil(htlc, preimageIn(htlc));
    await paying;
  }
  assert.equal(hashes.size, 2);
});

test('the way leads through the network, or along hints, and a hop that lacks the money is gone around', async () => {
  const road = new Road();
  const [middle, detour] = [new Somebody('middle'), new Somebody('detour')];
  road.others.push(middle, detour);
  const atlas = new Atlas(road.clock);
  road.network = atlas.ways(road.us.node_id);
  road.channel(road.hub, '100x1x0', 500_000_000n);
  atlas.road(road.hub.node_id, middle.node_id, '200x1x0', 100_000_000_000);
  atlas.road(road.hub.node_id, detour.node_id, '200x3x0', 100_000_000_000, { base_msat: 1200 });
  atlas.road(detour.node_id, road.shop.node_id, '200x4x0', 100_000_000_000, { base_msat: 1200 });
  const hint = [hintThrough(middle, '300x1x0', 10, 0)];
  const paying = send(road, { amount_msat: 1_000_000n, routes: [hint] });
  await road.arrived(1);
  const [first] = road.out as [Arrival];
  assert.deepEqual(first.channels, Atlas.names('200x1x0', '300x1x0'));
  const hash = first.htlc.payment_hash;
  await road.fail(first, 1, { failure: 'temporary_channel_failure', channel_update: new Uint8Array() });
  await road.arrived(1);
  const [second] = road.out as [Arrival];
  assert.equal(second.htlc.payment_hash, hash, 'the same payment');
  assert.deepEqual(second.channels, Atlas.names('200x3x0', '200x4x0'));
  await road.fulfil(second, preimageIn(second));
  assert.equal((await paying).failed_parts, 1);
});

test('it is never split: the payee could not tell which parts belong together', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 60_000_000n);
  road.channel(road.shop, '100x2x0', 60_000_000n);
  const left = road.arrived(1).then(() => assert.fail('a part has left'));
  const refused = assert.rejects(send(road, { amount_msat: 100_000_000n }), { code: 205 });
  await Promise.race([refused, left]);
});

for (const failure of ['invalid_onion_payload', 'incorrect_or_unknown_payment_details'] as const) {
  test(`a payee that answers ${failure} likely does not take such payments, and the error says so`, async () => {
    const road = new Road();
    road.channel(road.shop, '100x1x0', 500_000_000n);
    const paying = send(road, { amount_msat: 100_000n });
    await road.arrived(1);
    const details: FailureMessage =
      failure === 'invalid_onion_payload'
        ? { failure, type: PREIMAGE_RECORD, offset: 0 }
        : { failure, htlc_msat: msat(100_000), height: HEIGHT };
    await road.fail(road.out[0] as Arrival, 0, details);
    await assert.rejects(paying, (error: unknown) => {
      assert(error instanceof RpcError);
      assert.equal(error.code, 203);
      assert.equal(error.message, `Destination reported ${failure} (likely doesn't support keysend)`);
      assert.equal((error.data as { erring_index: number }).erring_index, 1);
      return true;
    });
    assert.equal(road.out.length, 0);
  });
}

test('records that do not fit into an onion are refused before anything is sent', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  const custom_records = [{ tlv_type: 65_536n, value: new Uint8Array(1300) }];
  await assert.rejects(send(road, { amount_msat: 100_000n, custom_records }), {
    code: 205,
    message: 'the route and the custom records do not fit into an onion',
  });
});

test('the 42 blocks and three more are kept to, and no block more is asked for', async () => {
  const road = new Road();
  road.channel(road.shop, '100x1x0', 500_000_000n);
  await assert.rejects(send(road, { amount_msat: 100_000n, max_delay: 44 }), { error: 'PAY_ROUTE_TOO_EXPENSIVE' });
  const paying = send(road, { amount_msat: 100_000n, max_delay: 45 });
  await road.arrived(1);
  const [htlc] = road.out as [Arrival];
  assert.equal(htlc.htlc.cltv_expiry, HEIGHT + 45);
  await road.fulfil(htlc, preimageIn(htlc));
  await paying;
});

test('a payee that is nowhere has a reason, and the hints of no invoice in it', async () => {
  const road = new Road();
  road.channel(road.hub, '100x1x0', 500_000_000n);
  await assert.rejects(send(road, { amount_msat: 100_000n, retry_for_seconds: 0 }), {
    code: 205,
    message: `no channel of ours leads to ${road.shop.node_id}`,
  });
});

test('Till itself takes no such payment: the preimage is an even record that nobody asked for', () => {
  const payload = {
    amt_to_forward: msat(1000),
    outgoing_cltv_value: HEIGHT,
    payment_data: undefined,
    payment_metadata: undefined,
  };
  const bytes = encodeFinalPayload(payload, [{ tlv_type: PREIMAGE_RECORD, value: new Uint8Array(32) }]);
  assert.throws(
    () => decodeFinalPayload(bytes),
    (error: unknown) => error instanceof PayloadError && error.tlv_type === PREIMAGE_RECORD,
  );
});
