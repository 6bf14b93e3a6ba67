/**
 * Invoices that other implementations read and Till once did not, or the other way round, with what is right
 * (test/data/found/parsers.jsonl). Where the BOLT leaves it open, Till reads on: docs/decisions/0029.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';

interface Found {
  readonly kind: string;
  readonly input: string;
  readonly right: string;
  readonly why: string;
}

const FOUND = readFileSync(join(import.meta.dirname, '../../data/found/parsers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Found)
  .filter(({ kind }) => kind === 'bolt11 decode');

function find(right: string): Found {
  const found = FOUND.find((each) => each.right.startsWith(right));
  assert.ok(found !== undefined, right);
  return found;
}

describe('BOLT 11 as readers are asked to read', () => {
  it('takes the first payment hash', () => {
    assert.match(decodeInvoice(find('read with the first p').input).payment_hash, /^0707/);
  });

  it('takes the first final CLTV and the first description', () => {
    assert.equal(decodeInvoice(find('read with the first c').input).min_final_cltv_expiry_delta, 9);
    assert.notEqual(decodeInvoice(find('read with the first d').input).description, undefined);
  });

  it('reads one zero element as zero', () => {
    const zeros = FOUND.filter(({ why }) => why.startsWith('CLN writes expiry 0') || why.startsWith('as above'));
    assert.equal(zeros.length, 2);
    const [expiry, cltv] = zeros.map(({ input }) => decodeInvoice(input));
    assert.equal(expiry?.expiry_seconds, 0);
    assert.equal(cltv?.min_final_cltv_expiry_delta, 0);
  });

  it('reads an expiry that never comes, to the second', () => {
    const invoice = decodeInvoice(find('read: an expiry of 2^55').input);
    assert.equal(invoice.long_expiry_seconds, 2n ** 55n - 1n);
    assert.equal(invoice.expiry_seconds, Number.MAX_SAFE_INTEGER);
  });

  it('refuses a final CLTV that no onion can hold', () => {
    assert.throws(() => decodeInvoice(find('read or refused; nobody can pay it').input), { kind: 'number_too_large' });
  });

  it('does not look at padding, and refuses an amount of zero', () => {
    const open = FOUND.filter(({ right }) => right === 'either');
    const padding = open.find(({ why }) => why.includes('MUST pad'));
    const amount = open.find(({ why }) => why.includes('positive integer'));
    assert.ok(padding !== undefined && amount !== undefined);
    assert.match(decodeInvoice(padding.input).payment_hash, /^0707/);
    assert.throws(() => decodeInvoice(amount.input), { kind: 'amount_invalid' });
  });
});
