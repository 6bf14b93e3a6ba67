/**
 * Reads an invoice and says what it asks for: `node examples/decode-invoice.ts [INVOICE]`. Without an invoice it writes
 * one first. Elsewhere the import reads `from 'lightning-till/bolt11'`; it works the same in a browser.
 */
import {
  Bolt11Error,
  decodeInvoice,
  encodeInvoice,
  msat,
  type PaymentHash,
  type PaymentSecret,
  signWith,
} from '../src/codec/bolt11/index.ts';

function anInvoice(): string {
  return encodeInvoice(
    {
      currency: 'bcrt',
      amount_msat: msat(250_000_000),
      created_at: 1_750_000_000,
      payment_hash: '00'.repeat(32) as PaymentHash,
      payment_secret: '11'.repeat(32) as PaymentSecret,
      description: '1 cup of coffee',
      expiry_seconds: 600,
    },
    signWith(new Uint8Array(32).fill(1)),
  );
}

try {
  const invoice = decodeInvoice(process.argv[2] ?? anInvoice());
  console.log(`pay      ${invoice.amount_msat === undefined ? 'any amount' : `${invoice.amount_msat} msat`}`);
  console.log(`to       ${invoice.payee}`);
  console.log(`for      ${invoice.description ?? `a text whose SHA-256 is ${invoice.description_hash}`}`);
  console.log(`until    ${new Date((invoice.created_at + invoice.expiry_seconds) * 1000).toISOString()}`);
} catch (error) {
  if (!(error instanceof Bolt11Error)) throw error;
  console.error(`${error.kind}: ${error.message}`);
  process.exitCode = 1;
}
