/** What Till writes, read by libraries that nobody here wrote. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import bolt11 from 'bolt11';
import fc from 'fast-check';
import lightDecoder from 'light-bolt11-decoder';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import { invoiceFields } from './arbitrary.ts';

const KEY = new Uint8Array(32).fill(0x42);
/** Both libraries stop at 21 million BTC, and one or the other at some field: what is left is what they can read. */
const MOST_MSAT = 2_100_000_000_000_000_000n;
const readable = invoiceFields.map((fields) => ({
  ...fields,
  currency: 'bcrt' as const,
  amount_msat: fields.amount_msat === undefined ? undefined : msat((fields.amount_msat % MOST_MSAT) + 1n),
  fallbacks: [],
  extra: [],
  expiry_seconds: (fields.expiry_seconds % 1_000_000) + 1,
  min_final_cltv_expiry_delta: (fields.min_final_cltv_expiry_delta % 1000) + 1,
}));

suite('an invoice of ours says the same', () => {
  test('to npm bolt11, which recovers the payee', () => {
    const network = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] };
    fc.assert(
      fc.property(readable, (fields) => {
        const read = bolt11.decode(encodeInvoice(fields, signWith(KEY)), network);
        const tag = (name: string) => read.tags.find(({ tagName }) => tagName === name)?.data;
        assert.equal(read.payeeNodeKey, toHex(curve.publicKey(KEY)));
        assert.equal(read.timestamp, fields.created_at);
        assert.equal(read.millisatoshis ?? undefined, fields.amount_msat?.toString());
        assert.equal(tag('payment_hash'), fields.payment_hash);
        assert.equal(tag('payment_secret'), fields.payment_secret);
        assert.equal(tag('min_final_cltv_expiry'), fields.min_final_cltv_expiry_delta);
        const [first] = fields.routes;
        if (first === undefined) return;
        const hops = tag('routing_info') as { pubkey: string; fee_base_msat: number; cltv_expiry_delta: number }[];
        const parts = (hop: { pubkey: string; fee_base_msat: number; cltv_expiry_delta: number }) => [
          hop.pubkey,
          hop.fee_base_msat,
          hop.cltv_expiry_delta,
        ];
        assert.deepEqual(hops.map(parts), first.map(parts));
      }),
      { numRuns: 50 },
    );
  });

  test('to npm light-bolt11-decoder', () => {
    fc.assert(
      fc.property(readable, (fields) => {
        const read = lightDecoder.decode(encodeInvoice(fields, signWith(KEY)));
        const section = (name: string) => {
          const found = read.sections.find((one) => one.name === name);
          return found !== undefined && 'value' in found ? found.value : undefined;
        };
        assert.equal(section('amount'), fields.amount_msat?.toString());
        assert.equal(section('payment_hash'), fields.payment_hash);
        assert.equal(section('payment_secret'), fields.payment_secret);
        if ('description' in fields) assert.equal(section('description'), fields.description);
        else assert.equal(section('description_hash'), fields.description_hash);
      }),
      { numRuns: 50 },
    );
  });
});
