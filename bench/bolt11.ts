/** Writing and reading invoices, signature included, beside the two libraries that JavaScript wallets use. */
import bolt11 from 'bolt11';
import lightDecoder from 'light-bolt11-decoder';
import { curve } from '../src/base/crypto/secp256k1.ts';
import { type Msat, msat } from '../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../src/base/types/brand.ts';
import type { ShortChannelId } from '../src/base/types/short-channel-id.ts';
import * as pure from '../src/codec/bolt11/index.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../src/codec/bolt11/native.ts';
import { type Figure, rate } from './figures.ts';

export const name = 'bolt11';

const GOAL_PER_SECOND = 12_000;
const KEY = new Uint8Array(32).fill(0x42);
const sign = signWith(KEY);

/** What `invoice` writes: a description, an expiry, one route hint, features. */
function fields(amount_msat: Msat): pure.InvoiceFields {
  return {
    currency: 'bcrt',
    amount_msat,
    created_at: 1_750_000_000,
    payment_hash: '0001020304050607080900010203040506070809000102030405060708090102' as PaymentHash,
    payment_secret: '11'.repeat(32) as PaymentSecret,
    description: '1 cup of coffee',
    expiry_seconds: 600,
    min_final_cltv_expiry_delta: 18,
    routes: [
      [
        {
          pubkey: '029e03a901b85534ff1e92c43c74431f7ce72046060fcf7a95c37e148f78c77255' as NodeId,
          short_channel_id: '539268x845x1' as ShortChannelId,
          fee_base_msat: 1000,
          fee_proportional_millionths: 10,
          cltv_expiry_delta: 34,
        },
      ],
    ],
    features: new Set([8, 14, 17]),
  };
}

function encodeWithBolt11(amount_msat: number): void {
  const unsigned = bolt11.encode({
    network: { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] },
    millisatoshis: String(amount_msat),
    timestamp: 1_750_000_000,
    tags: [
      { tagName: 'payment_hash', data: '0001020304050607080900010203040506070809000102030405060708090102' },
      { tagName: 'payment_secret', data: '11'.repeat(32) },
      { tagName: 'description', data: '1 cup of coffee' },
      { tagName: 'expire_time', data: 600 },
      { tagName: 'min_final_cltv_expiry', data: 18 },
      {
        tagName: 'routing_info',
        data: [
          {
            pubkey: '029e03a901b85534ff1e92c43c74431f7ce72046060fcf7a95c37e148f78c77255',
            short_channel_id: '083a8400034d0001',
            fee_base_msat: 1000,
            fee_proportional_millionths: 10,
            cltv_expiry_delta: 34,
          },
        ],
      },
    ],
  });
  bolt11.sign(unsigned, Buffer.from(KEY).toString('hex'));
}

/** Measures and returns the figures. */
export async function run(): Promise<readonly Figure[]> {
  const texts = Array.from({ length: 64 }, (_, index) => encodeInvoice(fields(msat(1000 + index)), sign));
  const text = (index: number): string => texts[index % texts.length] as string;
  const digest = new Uint8Array(32).fill(7);
  const { signature, recovery_id } = curve.signRecoverable(digest, KEY);
  const instant: pure.Signer = { sha256: () => digest, sign: () => ({ signature, recovery_id }) };
  const encode = rate((index) => encodeInvoice(fields(msat(1000 + (index % 9999))), sign));
  const decode = rate((index) => decodeInvoice(text(index)));
  const encodeBeside = rate((index) => encodeWithBolt11(1000 + (index % 9999)));
  const regtest = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] };
  const decodeBeside = rate((index) => bolt11.decode(text(index), regtest));
  return [
    { what: 'encode and sign', value: encode, unit: '/s', must_reach: GOAL_PER_SECOND },
    { what: 'npm bolt11', value: encodeBeside, unit: '/s', beside: true },
    { what: 'ratio', value: encode / encodeBeside, unit: 'x' },
    { what: 'decode and verify', value: decode, unit: '/s', must_reach: GOAL_PER_SECOND },
    { what: 'npm bolt11', value: decodeBeside, unit: '/s', beside: true },
    { what: 'ratio', value: decode / decodeBeside, unit: 'x' },
    {
      what: 'encode, without hash and signature',
      value: rate((index) => pure.encodeInvoiceWith(fields(msat(1000 + index)), instant)),
      unit: '/s',
    },
    {
      what: 'decode fields, without signature',
      value: rate((index) => pure.checkTerms(pure.parseRaw(text(index)))),
      unit: '/s',
    },
    {
      what: 'npm light-bolt11-decoder (looks at no signature)',
      value: rate((index) => lightDecoder.decode(text(index))),
      unit: '/s',
      beside: true,
    },
    {
      what: 'libsecp256k1 alone: sign',
      value: rate(() => curve.signRecoverable(digest, KEY)),
      unit: '/s',
      beside: true,
    },
    {
      what: 'libsecp256k1 alone: recover',
      value: rate(() => curve.recover(signature, recovery_id, digest)),
      unit: '/s',
      beside: true,
    },
    {
      what: 'in a browser (@noble): encode and sign',
      value: rate((index) => pure.encodeInvoice(fields(msat(1000 + index)), pure.signWith(KEY))),
      unit: '/s',
    },
    {
      what: 'in a browser (@noble): decode and verify',
      value: rate((index) => pure.decodeInvoice(text(index))),
      unit: '/s',
    },
  ];
}
