/**
 * Questions about payments, put to Core Lightning and to Till alike: a payer has one channel of a million satoshi to a payee.
 * `test/data/payment-words.json` has what Core Lightning answers.
 */
import { CallError, type Client } from '../../../../src/api/client/index.ts';
import type { PlainJsonObject } from '../../../../src/api/rpc/json.ts';
import { curve } from '../../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentSecret } from '../../../../src/base/types/brand.ts';
import { toHex } from '../../../../src/base/types/hex.ts';
import { encodeInvoice, signWith } from '../../../../src/codec/bolt11/native.ts';

/** Both nodes, and the channel between them. */
export interface Pair {
  readonly payer: Client;
  readonly payee: Client;
  readonly payer_id: string;
  readonly payee_id: string;
  readonly short_channel_id: string;
}

/** What came of a question, with names in the place of ids, hashes and times. */
export interface Outcome {
  readonly code?: number;
  readonly message?: string;
  /** Of the result, or of an error's data. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The answers, by the names of the questions, in the order in which they were asked. */
export type Answers = Readonly<Record<string, Outcome>>;

/** Somebody whom neither of the two knows. */
const STRANGER_KEY = new Uint8Array(32).fill(0x5a);
const STRANGER = toHex(curve.publicKey(STRANGER_KEY));
const NOWHERE = '1x1x1';
/** Members whose values say nothing, because they differ each time. */
const ANY_VALUE = new Set([
  'created_at',
  'completed_at',
  'id',
  'created_index',
  'updated_index',
  'payment_preimage',
  'raw_message',
  'amount_sent_msat',
  'probability_ppm',
  'direction',
  'erring_direction',
]);

/** An invoice of a node that nobody can reach. */
function strangersInvoice(created_at: number, currency: 'bc' | 'bcrt' = 'bcrt'): string {
  const fields = {
    currency,
    amount_msat: msat(1_000_000n),
    created_at,
    payment_hash: '77'.repeat(32) as PaymentHash,
    payment_secret: '78'.repeat(32) as PaymentSecret,
    description: 'nowhere',
    expiry_seconds: 3600,
    min_final_cltv_expiry_delta: 18,
    routes: [],
    features: new Set([8, 14, 17]),
  } as const;
  return encodeInvoice(fields, signWith(STRANGER_KEY)).toString();
}

/** Puts the questions, one after the other. */
export async function askAll(pair: Pair): Promise<Answers> {
  const { payer, payee, payer_id, payee_id, short_channel_id } = pair;
  const answers: Record<string, Outcome> = {};
  const names = new Map<string, string>([
    [payer_id, '$payer'],
    [payee_id, '$payee'],
    [STRANGER, '$stranger'],
    [short_channel_id, '$channel'],
  ]);
  const named = (text: string): string => {
    let result = text;
    for (const [value, name] of names) result = result.replaceAll(value, name);
    // Seconds since the invoice expired, what is left for fees and reserve are not the same twice.
    return result
      .replace(/\d+ seconds ago/, 'N seconds ago')
      .replace(/only \d+msat/, 'only Nmsat')
      .replace(/\$channel\/[01]/g, '$$channel/D')
      .replace(/\d+sat$/, 'Nsat');
  };
  const shown = (value: unknown, member = ''): unknown => {
    if (ANY_VALUE.has(member)) return '*';
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'string') return named(value);
    if (Array.isArray(value)) return value.map((each) => shown(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, each]) => each !== undefined)
        .map(([key, each]) => [key, shown(each, key)]),
    );
  };
  /** Asks the payer. */
  const ask = async (
    question: string,
    method: string,
    params: PlainJsonObject | readonly unknown[],
  ): Promise<PlainJsonObject | undefined> => {
    if (answers[question] !== undefined) throw new Error(`asked twice: ${question}`);
    try {
      const result = (await payer.callAny(method, params as PlainJsonObject)) as PlainJsonObject;
      answers[question] = { members: shown(result) as Record<string, unknown> };
      return result;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const data = error.data === undefined ? undefined : (shown(error.data) as Record<string, unknown>);
      // The part's, a moment before or after it failed.
      if (data?.status !== undefined) data.status = '*';
      const members = data === undefined ? {} : { members: data };
      answers[question] = { code: error.code, message: named(error.message), ...members };
      return undefined;
    }
  };
  const invoice = async (label: string, amount_msat: number | 'any', more: PlainJsonObject = {}) => {
    const made = (await payee.callAny('invoice', { amount_msat, label, description: label, ...more })) as unknown as {
      bolt11: string;
      payment_hash: string;
      payment_secret: string;
    };
    names
      .set(made.bolt11, `$bolt11 ${label}`)
      .set(made.payment_hash, `$hash ${label}`)
      .set(made.payment_secret, `$secret ${label}`);
    return made;
  };
  const hop = (amount_msat: number, more: PlainJsonObject = {}): PlainJsonObject => ({
    id: payee_id,
    channel: short_channel_id,
    amount_msat,
    delay: 24,
    ...more,
  });
  const without = (member: string): PlainJsonObject => {
    const { [member]: _, ...rest } = hop(1_000);
    return rest;
  };
  const unknown_hash = 'cd'.repeat(32);
  names.set(unknown_hash, '$hash unknown');

  // sendpay: what makes no sense.
  const senseless = (what: string, more: PlainJsonObject) =>
    ask(`sendpay: ${what}`, 'sendpay', { route: [hop(1_000)], payment_hash: unknown_hash, ...more });
  await senseless('an empty route', { route: [] });
  await senseless('a route that is a word', { route: 'payee' });
  await senseless('a route of numbers', { route: [5] });
  for (const member of ['id', 'channel', 'amount_msat', 'delay']) {
    await senseless(`a hop without ${member}`, { route: [without(member)] });
  }
  await senseless('a negative delay', { route: [hop(1_000, { delay: -1 })] });
  await senseless('a part without the whole amount', { partid: 1 });
  await senseless('another whole amount than that of the only part', { amount_msat: 2_000 });
  await senseless('a part of more than the whole', { amount_msat: 999, partid: 1, payment_secret: unknown_hash });
  await senseless('a part without a secret', { amount_msat: 2_000, partid: 1 });
  await senseless('an unknown channel', { route: [hop(1_000, { channel: NOWHERE })], payment_secret: unknown_hash });
  await senseless('more than the channel has', {
    route: [hop(2_000_000_000)],
    payment_hash: 'ce'.repeat(32),
    payment_secret: unknown_hash,
  });
  await ask('waitsendpay: more than the channel has', 'waitsendpay', { payment_hash: 'ce'.repeat(32) });
  await ask('waitsendpay: a payment that nobody made', 'waitsendpay', { payment_hash: unknown_hash });
  await ask('listsendpays: a payment that nobody made', 'listsendpays', { payment_hash: unknown_hash });

  // One payment in parts, from its first part to long after its end.
  const parts = await invoice('parts', 9_000_000);
  const part = (what: string, amount_msat: number, more: PlainJsonObject = {}) =>
    ask(`sendpay: ${what}`, 'sendpay', {
      route: [hop(amount_msat)],
      payment_hash: parts.payment_hash,
      payment_secret: parts.payment_secret,
      amount_msat: 9_000_000,
      partid: 1,
      groupid: 1,
      ...more,
    });
  await part('the first part of two', 4_000_000);
  await part('the first part again', 4_000_000);
  await part('the first part with another amount', 5_000_000);
  await part('a second part of another whole', 4_000_000, { partid: 2, amount_msat: 8_000_000 });
  await part('the second part in another group', 5_000_000, { partid: 2, groupid: 2 });
  await part('the whole beside a part', 9_000_000, { partid: 0 });
  await ask('waitsendpay: a part that waits', 'waitsendpay', {
    payment_hash: parts.payment_hash,
    partid: 1,
    groupid: 1,
    timeout: 1,
  });
  await ask('waitsendpay: a part that is not there', 'waitsendpay', {
    payment_hash: parts.payment_hash,
    partid: 7,
    groupid: 1,
  });
  await ask('listsendpays: a part that waits', 'listsendpays', { payment_hash: parts.payment_hash });
  await part('the second part', 5_000_000, {
    partid: 2,
    label: 'of mine',
    description: 'a part',
    bolt11: parts.bolt11,
  });
  await ask('waitsendpay: a part that arrived', 'waitsendpay', {
    payment_hash: parts.payment_hash,
    partid: 2,
    groupid: 1,
  });
  await payer.callAny('waitsendpay', { payment_hash: parts.payment_hash, partid: 1, groupid: 1 });
  await ask('listsendpays: parts that arrived', 'listsendpays', { payment_hash: parts.payment_hash });
  await part('a part that arrived', 5_000_000, { partid: 2 });
  await part('a part that arrived, with another amount', 4_000_000, { partid: 2 });
  await part('one more part when all have arrived', 1_000_000, { partid: 3 });
  await part('one more group when all have arrived', 9_000_000, { partid: 0, groupid: 2 });
  await ask('listsendpays: by invoice and hash', 'listsendpays', {
    bolt11: parts.bolt11,
    payment_hash: parts.payment_hash,
  });
  await ask('listsendpays: by a text that is no invoice', 'listsendpays', { bolt11: 'lnbcrt1' });
  await ask('listsendpays: by a status that is none', 'listsendpays', { status: 'lost' });
  await ask('listsendpays: a start without an index', 'listsendpays', { start: 1 });
  await ask('listsendpays: a limit without an index', 'listsendpays', { limit: 1 });

  // Payments that fail.
  const wrong = await invoice('wrong', 6_000_000);
  const failing = (what: string, route: readonly PlainJsonObject[], more: PlainJsonObject = {}) =>
    ask(`sendpay: ${what}`, 'sendpay', { route, payment_hash: wrong.payment_hash, groupid: 1, ...more });
  const end = (what: string, groupid: number) =>
    ask(`waitsendpay: ${what}`, 'waitsendpay', { payment_hash: wrong.payment_hash, partid: 0, groupid });
  await failing('with a wrong secret', [hop(6_000_000)], { payment_secret: 'ab'.repeat(32) });
  await end('with a wrong secret', 1);
  await failing('the same part of the same group after it failed', [hop(6_000_000)], {
    payment_secret: wrong.payment_secret,
  });
  await failing('half of the amount', [hop(3_000_000)], { payment_secret: wrong.payment_secret, groupid: 2 });
  await end('half of the amount', 2);
  const beyond = { id: STRANGER, channel: NOWHERE, amount_msat: 6_000_000, delay: 9 };
  await failing('to a channel that the payee does not have', [hop(6_000_000), beyond], {
    payment_secret: wrong.payment_secret,
    groupid: 3,
  });
  await end('to a channel that the payee does not have', 3);
  await ask('listsendpays: parts that failed', 'listsendpays', { payment_hash: wrong.payment_hash });

  // By invoice.
  const now = Math.floor(Date.now() / 1000);
  const paid = await invoice('paid', 7_000_000);
  const open = await invoice('open', 'any');
  const gone = await invoice('gone', 7_000_000);
  await payee.callAny('delinvoice', { label: 'gone', status: 'unpaid' });
  const large = await invoice('large', 2_000_000_000);
  const nowhere = strangersInvoice(now);
  const expired = strangersInvoice(now - 100_000);
  const elsewhere = strangersInvoice(now, 'bc');
  names.set(nowhere, '$bolt11 nowhere').set(expired, '$bolt11 expired').set(elsewhere, '$bolt11 elsewhere');
  for (const [method, parameter] of [
    ['xpay', 'invstring'],
    ['pay', 'bolt11'],
  ] as const) {
    const by = (what: string, bolt11: string, more: PlainJsonObject = {}) =>
      ask(`${method}: ${what}`, method, { [parameter]: bolt11, ...more });
    await by('a text that is no invoice', 'lnbcrt1');
    await by('an invoice of another network', elsewhere);
    await by('an open amount that nobody names', open.bolt11);
    await by('an amount beside that of the invoice', paid.bolt11, { amount_msat: 8_000_000 });
    await by('nothing of an open amount', open.bolt11, { amount_msat: 0 });
    await by('no part', paid.bolt11, { partial_msat: 0 });
    await by('a part of more than the whole', paid.bolt11, { partial_msat: 8_000_000 });
    await by('an expired invoice', expired);
    await by('a payee that nobody can reach', nowhere);
    await by('more than the channel has', large.bolt11);
    await by('an invoice that the payee has deleted', gone.bolt11, { retry_for: 1 });
    await by('a delay that is too short', (await invoice(`slow ${method}`, 7_000_000)).bolt11, { maxdelay: 1 });
    await by('an invoice', (method === 'xpay' ? paid : await invoice('paid by pay', 7_000_000)).bolt11);
    await by('a paid invoice again', paid.bolt11);
  }

  // Without an invoice.
  for (const method of ['xkeysend', 'keysend'] as const) {
    const spontaneous = (what: string, more: PlainJsonObject) =>
      ask(`${method}: ${what}`, method, { destination: payee_id, amount_msat: 10_000, ...more });
    await spontaneous('to oneself', { destination: payer_id });
    await spontaneous('nothing', { amount_msat: 0 });
    await spontaneous('to a node that nobody knows', { destination: STRANGER });
    await spontaneous('more than the channel has', { amount_msat: 2_000_000_000 });
    await spontaneous('a record with a name', { extratlvs: { name: '00' } });
    await spontaneous('a record that is no hex', { extratlvs: { 70001: 'xyz' } });
  }

  // Ways.
  const way = (what: string, more: PlainJsonObject) =>
    ask(`getroute: ${what}`, 'getroute', { id: payee_id, amount_msat: 1_000_000, riskfactor: 1, ...more });
  await way('to the payee', {});
  await way('to oneself', { id: payer_id });
  await way('to a node that nobody knows', { id: STRANGER });
  await way('from a node that nobody knows', { fromid: STRANGER });
  await way('more than the channel has', { amount_msat: 2_000_000_000 });
  await way('without its channel', { exclude: [`${short_channel_id}/0`, `${short_channel_id}/1`] });
  await way('without a word', { exclude: ['payee'] });
  await way('with a riskfactor that is a word', { riskfactor: 'much' });
  const ways = (what: string, more: PlainJsonObject) =>
    ask(`getroutes: ${what}`, 'getroutes', {
      source: payer_id,
      destination: payee_id,
      amount_msat: 1_000_000,
      layers: ['auto.localchans', 'auto.sourcefree'],
      maxfee_msat: 10_000,
      final_cltv: 9,
      ...more,
    });
  await ways('to the payee', {});
  await ways('with an unknown layer', { layers: ['nope'] });
  await ways('of nothing', { amount_msat: 0 });
  await ways('with more delay than there may be', { maxdelay: 2_017 });
  await ways('from a node that nobody knows', { source: STRANGER });
  await ways('to a node that nobody knows', { destination: STRANGER });
  await ways('more than the channel has', { amount_msat: 2_000_000_000 });
  return answers;
}
