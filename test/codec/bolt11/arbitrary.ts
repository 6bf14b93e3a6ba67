/** Arbitrary invoices for the properties. */
import fc from 'fast-check';
import { MAX_U64, type Msat } from '../../../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { Currency, ExtraField, InvoiceFields, RouteHop } from '../../../src/codec/bolt11/index.ts';

/** So many bytes in lowercase hex. */
export function hexOf(min_bytes: number, max_bytes = min_bytes): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: min_bytes, maxLength: max_bytes })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
}

/** Records with the usual prototype, so that deepEqual compares what they say alone. */
const plain = { noNullPrototype: true } as const;
const u = (bits: number) => fc.nat({ max: 2 ** bits - 1 });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

const hop: fc.Arbitrary<RouteHop> = fc.record(
  {
    pubkey: fc.tuple(fc.constantFrom('02', '03'), hexOf(32)).map((parts) => parts.join('') as NodeId),
    short_channel_id: fc.tuple(u(24), u(24), u(16)).map((parts) => parts.join('x') as ShortChannelId),
    fee_base_msat: u32,
    fee_proportional_millionths: u32,
    cltv_expiry_delta: u(16),
  },
  plain,
);

const witness = fc
  .tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 2, max: 40 }))
  .chain(([version, length]) =>
    hexOf(length).map((program) => `${(0x50 + version).toString(16)}${length.toString(16).padStart(2, '0')}${program}`),
  );

/** The script of an address of any kind. */
export const addressScript = fc.oneof(
  hexOf(20).map((hash) => `76a914${hash}88ac`),
  hexOf(20).map((hash) => `a914${hash}87`),
  hexOf(20).map((program) => `0014${program}`),
  hexOf(32).map((program) => `0020${program}`),
  witness,
);

const word = fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l');
/** Letters that the BOLT gives no meaning to, a hash of a wrong length, and fallbacks of versions 19 and up. */
const extra: fc.Arbitrary<ExtraField> = fc.oneof(
  fc.record({ tag: fc.constantFrom(...'qzy8g2tvw0j54ke6ual'), data: fc.string({ unit: word, maxLength: 60 }) }, plain),
  fc.record({ tag: fc.constantFrom(...'ph'), data: fc.string({ unit: word, minLength: 53, maxLength: 60 }) }, plain),
  fc.tuple(fc.constantFrom(...'n54khce6mua7l'), fc.string({ unit: word, maxLength: 60 })).map(([version, data]) => ({
    tag: 'f',
    data: version + data,
  })),
);

const purpose = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 150 }).map((description) => ({ description })),
  hexOf(32).map((description_hash) => ({ description_hash })),
);

const amount_msat = fc.option(
  fc.oneof(
    fc.bigInt({ min: 1n, max: MAX_U64 }),
    fc
      .tuple(fc.bigInt({ min: 1n, max: 184_467_440n }), fc.nat({ max: 11 }))
      .map(([digits, zeros]) => digits * 10n ** BigInt(zeros)),
  ) as fc.Arbitrary<Msat>,
  { nil: undefined },
);

/** Everything that the writer takes, without an `n` field; each field given, so that the reader gives back the same. */
export const invoiceFields = fc
  .tuple(
    purpose,
    fc.record({
      currency: fc.constantFrom<Currency>('bc', 'tb', 'tbs', 'bcrt'),
      amount_msat,
      created_at: fc.integer({ min: 0, max: 2 ** 35 - 1 }),
      payment_hash: hexOf(32) as fc.Arbitrary<PaymentHash>,
      payment_secret: hexOf(32) as fc.Arbitrary<PaymentSecret>,
      payment_metadata: fc.option(hexOf(0, 100), { nil: undefined }),
      named_payee: fc.constant(undefined),
      expiry_seconds: fc.oneof(fc.constant(3600), fc.maxSafeNat()),
      min_final_cltv_expiry_delta: fc.oneof(u(16), u32),
      fallbacks: fc.array(addressScript, { maxLength: 4 }),
      routes: fc.array(fc.array(hop, { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      // Known features, and unknown odd ones up to the last bit that a field can hold.
      features: fc
        .tuple(
          fc.subarray([8, 14, 24, 36, 48]),
          fc.array(
            fc.nat({ max: 2556 }).map((half) => half * 2 + 1),
            { maxLength: 4 },
          ),
        )
        .map(([even, odd]) => new Set([14, ...even, ...odd.filter((bit) => bit !== 51 && bit !== 61)])),
      extra: fc.array(extra, { maxLength: 3 }),
    }),
  )
  .map(([what_for, rest]) => ({ ...what_for, ...rest }) satisfies InvoiceFields);
