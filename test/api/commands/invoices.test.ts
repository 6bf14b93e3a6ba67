import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import type { PaymentHash, PaymentSecret } from '../../../src/base/types/brand.ts';
import { featureSet } from '../../../src/base/types/features.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import { idle } from '../../shop/invoices/fixture.ts';
import { type Asker, openAsker } from './asker.ts';

const HASH = '22'.repeat(32);
const PREIMAGE = '55'.repeat(32);

describe('the invoice family, as clients see it', () => {
  let asker: Asker;
  before(async () => {
    asker = openAsker();
    await asker.get('invoice', '[1000,"coffee","1 cup of coffee"]');
  });
  after(() => asker.close());

  const FAULTS: readonly (readonly [string, string, number, RegExp])[] = [
    ['invoice', '[1000,"x"]', -32602, /^missing required parameter: description$/],
    ['invoice', '["0","x","y"]', -32602, /^amount_msat: should be positive msat or 'any': invalid token '"0"'$/],
    ['invoice', '["1.5sat","x","y"]', -32602, /^amount_msat: should be positive msat/],
    ['invoice', '[18446744073709551616,"x","y"]', -32602, /^amount_msat: should be positive msat/],
    ['invoice', '[1,true,"y"]', -32602, /^label: should be a string or number: invalid token 'true'$/],
    ['invoice', '[1,"x",7]', -32602, /^description: should be a string \(without \\u\): invalid token '7'$/],
    [
      'invoice',
      '[1,"x","\\u0041"]',
      -32602,
      /^description: should be a string \(without \\u\): invalid token '"\\u0041"'; .*UTF-8.*JSON_UNESCAPED_UNICODE.*ensure_ascii=False/,
    ],
    ['invoice', '[1,"x","y",-1]', -32602, /^expiry: should be an unsigned 64 bit integer: invalid token '-1'$/],
    ['invoice', '[1,"x","y",18446744073709551615]', -32602, /^expiry: should be at most/],
    ['invoice', '[1,"x","y",1,["nowhere"]]', -1, /^Fallback address not valid$/],
    [
      'invoice',
      `[1,"x","y",1,[],"${'55'.repeat(31)}zz"]`,
      -32602,
      /^preimage: should be 64 hex digits: invalid token$/,
    ],
    ['invoice', '[1,"x","y",1,[],null,"1x1x1"]', 902, /^None of those hints/],
    ['invoice', '[1,"x","y",1,[],null,null,65536]', -32602, /^cltv: should be an unsigned 16 bit integer/],
    ['invoice', '[1,"coffee","y"]', 900, /^Duplicate label 'coffee'$/],
    ['invoice', '[1,"\\u0063offee","y"]', 900, /^Duplicate label 'coffee'$/],
    ['invoice', '[1,"x","y",1,[],null,null,1,false,"more"]', -32602, /^too many parameters: got 10, expected 9$/],
    ['invoice', '{"amount_msat":1,"label":"x","description":"y","lable":"z"}', -32602, /^unknown parameter: lable/],
    [
      'listinvoices',
      `{"label":"x","payment_hash":"${HASH}"}`,
      -32602,
      /^Can only specify one of \{label\}, \{invstring\}, \{payment_hash\} or \{offer_id\}$/,
    ],
    ['listinvoices', '{"start":1}', -32602, /^Can only specify \{start\} with \{index\}$/],
    ['listinvoices', '{"limit":1}', -32602, /^Can only specify \{limit\} with \{index\}$/],
    ['listinvoices', '{"invstring":"lnbc1"}', -32602, /^Invalid invstring$/],
    ['delinvoice', '["tea","unpaid"]', 905, /^Unknown invoice$/],
    ['delinvoice', '["coffee","paid"]', 906, /^Invoice status is unpaid not paid$/],
    ['waitinvoice', '["tea"]', -1, /^Label not found$/],
    ['waitanyinvoice', '[0,0]', 904, /^Timed out while waiting for invoice to be paid$/],
    ['wait', '["forwards","created",0]', -32602, /^subsystem: unknown subsystem/],
    ['wait', '["invoices","made",0]', -32602, /^indexname: unknown index/],
    ['createinvoice', `["lnbc1","x","${PREIMAGE}"]`, -32602, /^Unparsable invoice 'lnbc1'/],
    ['signinvoice', '["lnbc1"]', -32602, /^Unparsable invoice/],
    ['decode', '["lnbc1"]', -32602, /^string: Invalid bolt11: /],
    ['decode', '["lno1pqps7sjqpgt"]', -32602, /^string: Invalid bolt11: this is a BOLT 12 offer/],
    ['decode', '["LNR1QQS"]', -32602, /this is a BOLT 12 invoice request/],
    ['decode', '[" lightning:lni1qqs\\n"]', -32602, /this is a BOLT 12 invoice, /],
    [
      'decode',
      '["lnurl1dp68gurn8ghj7um9wfmxjcm99e3k7mf0v9cxj0m385ekvcenxc6r2c35xvukxefcv5mkvv34x5ekzd3ev56nyd3hxqurzepexejxxepnxscrvwfnv9nxzcn9xq6xyefhvgcxxcmyxymnserxfq5fns"]',
      -32602,
      /this is an LNURL/,
    ],
    ['decode', '["lnurlp://shop.example/pay"]', -32602, /this is an LNURL/],
    [
      'decode',
      '["bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=0.1"]',
      -32602,
      /BIP 21 link .* carries no invoice/,
    ],
    ['decode', '["BITCOIN:BC1QW508?LIGHTNING=LNBC1"]', -32602, /BIP 21 link: the invoice is what follows lightning=/],
    ['decode', '["\\n bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 \\t"]', -32602, /an address on the chain/],
    ['decode', '["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"]', -32602, /an address on the chain/],
    ['decodepay', '["shop@example.com"]', -32602, /^bolt11: Invalid bolt11: this is a Lightning address/],
    ['decode', '["https://example.com"]', -32602, /this is a web address/],
    ['decode', `["02${'11'.repeat(32)}@127.0.0.1:9735"]`, -32602, /this is the id of a node: see connect/],
    ['decode', `["${HASH}"]`, -32602, /32 bytes in hex/],
    ['autoclean-once', '["expiredinvoices",0]', -32602, /^age: should be a positive integer: invalid token '0'$/],
    ['autoclean-once', '["nothing",1]', -32602, /^subsystem: should be one of/],
  ];
  for (const [method, params, code, message] of FAULTS) {
    it(`${method} ${params.slice(0, 60)} answers ${code}`, async () => {
      const { error } = await asker.ask(method, params);
      assert.equal(error?.code, code);
      assert.match(error?.message ?? '', message);
      assert.deepEqual((await asker.get('listinvoices', '["x"]')).invoices, []);
    });
  }

  it('reads an invoice with blanks and newlines around it wherever one is asked for', async () => {
    const { invoices } = (await asker.get('listinvoices', '{"label":"coffee"}')) as { invoices: { bolt11: string }[] };
    const bolt11 = invoices[0]?.bolt11 ?? '';
    for (const text of [` ${bolt11}`, `${bolt11}\n`, `\r\n\t lightning:${bolt11.toUpperCase()} \n`]) {
      const decoded = (await asker.get('decode', JSON.stringify([text]))) as { valid: boolean };
      assert.equal(decoded.valid, true);
      const found = (await asker.get('listinvoices', JSON.stringify({ invstring: text }))) as { invoices: unknown[] };
      assert.equal(found.invoices.length, 1);
    }
  });

  it('invoice answers both names of the time of expiry, and what decode then shows', async () => {
    const made = await asker.get(
      'invoice',
      `{"msatoshi":"1.001sat","label":7,"description":"tea","metadata":{"order":[1,2.50,{"a":null}]},"preimage":"${PREIMAGE}"}`,
    );
    assert.equal(made.expires_at, made.expiry_time);
    assert.match(String(made.warning_capacity), /^Insufficient incoming channel capacity/);
    const shown = await asker.get('decode', `["lightning:${made.bolt11}"]`);
    assert.deepEqual(
      [shown.type, shown.valid, shown.currency, shown.amount_msat, shown.description, shown.expiry, shown.payment_hash],
      ['bolt11 invoice', true, 'bcrt', 1001, 'tea', 3600, made.payment_hash],
    );
    assert.match(String(shown.signature), /^30[0-9a-f]{134,142}$/);
    const { type: _type, valid: _valid, ...rest } = shown;
    assert.deepEqual(await asker.get('decodepay', `["${made.bolt11}"]`), rest);
    assert.deepEqual(await asker.get('preapproveinvoice', `["${made.bolt11}"]`), {});
    const listed = await asker.get('listinvoice', '{"label":"7"}');
    assert.deepEqual(listed, await asker.get('listinvoices', `{"invstring":"${made.bolt11}"}`));
    assert.deepEqual(listed.invoices, [
      {
        label: '7',
        bolt11: made.bolt11,
        payment_hash: made.payment_hash,
        amount_msat: 1001,
        status: 'unpaid',
        description: 'tea',
        expires_at: made.expires_at,
        created_index: made.created_index,
        metadata: { order: [1, 2.5, { a: null }] },
      },
    ]);
  });

  it('listinvoices by label still asks for what else was named', async () => {
    await asker.get('invoice', '{"amount_msat":1,"label":"one","description":"Flat White","metadata":{"table":4}}');
    const found = async (more: string) =>
      ((await asker.get('listinvoices', `{"label":"one",${more}}`)).invoices as unknown[]).length;
    for (const right of ['"status":"unpaid"', '"since":1', '"description":"flat"', '"metadata":{"table":4}']) {
      assert.equal(await found(right), 1, right);
    }
    for (const wrong of ['"status":"paid"', '"until":1', '"description":"tea"', '"metadata":{"table":5}']) {
      assert.equal(await found(wrong), 0, wrong);
    }
    // As in Core Lightning, one invoice has no pages.
    assert.equal(await found('"index":"created","start":1000,"limit":0'), 1);
  });

  it('metadata is found by a number of any size', async () => {
    const [id, next] = ['12345678901234567890', '12345678901234567891'];
    await asker.get('invoice', `{"amount_msat":1,"label":"big","description":"d","metadata":{"order":[${id}]}}`);
    const found = async (order: string) =>
      ((await asker.get('listinvoices', `{"metadata":{"order":[${order}]}}`)).invoices as unknown[]).length;
    assert.deepEqual([await found(id), await found(next)], [1, 0]);
  });

  it('metadata comes back to the digit', async () => {
    const metadata =
      '{"a":1e400,"b":0.10000000000000000001,"c":-0,"d":18446744073709551616,"__proto__":{"e":1.0},"f":"x\\/y"}';
    await asker.get('invoice', `{"amount_msat":1,"label":"exact","description":"d","metadata":${metadata}}`);
    const text = await asker.text('listinvoices', '["exact"]');
    assert.equal(text.slice(text.indexOf('"metadata":') + 11, text.lastIndexOf('}]}}')), metadata);
  });

  it('a paid invoice shows its payment, to those who wait and those who list', async () => {
    await asker.get('invoice', '["any","gift","a gift"]');
    const waiting = [asker.get('waitinvoice', '["gift"]'), asker.get('waitanyinvoice')];
    const watching = asker.get('wait', '["invoices","updated",1]');
    const paid = await asker.fixture.pay('gift', 777);
    const [row] = (await asker.get('listinvoices', '["gift"]')).invoices as [Record<string, unknown>];
    assert.deepEqual(
      [row.status, row.pay_index, row.amount_received_msat, row.payment_preimage, row.amount_msat],
      ['paid', 1, 777, paid.payment_preimage, undefined],
    );
    for (const answered of await Promise.all(waiting)) assert.deepEqual(answered, row);
    const { label, bolt11, description, status } = row;
    assert.deepEqual(await watching, {
      subsystem: 'invoices',
      updated: 1,
      invoices: { status, label, description, bolt11 },
    });
    assert.deepEqual(await asker.get('wait', '["invoices","updated",0]'), { subsystem: 'invoices', updated: 1 });
  });

  it('delinvoice answers the row, and 908 for a description that is gone', async () => {
    await asker.get('invoice', '[1,"del","to go"]');
    const stripped = await asker.get('delinvoice', '["del","unpaid",true]');
    assert.equal(stripped.description, undefined);
    assert.equal((await asker.ask('delinvoice', '["del","unpaid",true]')).error?.code, 908);
    const { error } = await asker.ask('delinvoice', '["del","expired"]');
    assert.deepEqual(error?.data, { current_status: 'unpaid', expected_status: 'expired' });
    assert.deepEqual(await asker.get('delinvoice', '["del","unpaid"]'), stripped);
  });

  it('waitinvoice answers 903 with the row when the invoice expires', async () => {
    await asker.get('invoice', '[1,"brief","soon over",5]');
    const waiting = asker.ask('waitinvoice', '["brief"]');
    asker.fixture.clock.advance(5000);
    const { error } = await waiting;
    assert.equal(error?.code, 903);
    assert.equal(error?.message, 'invoice expired during wait');
    assert.equal((error?.data as { status?: string } | undefined)?.status, 'expired');
    await idle(asker.fixture);
    assert.deepEqual(await asker.get('delexpiredinvoice', '[1]'), {});
    assert.equal(((await asker.get('listinvoices', '["brief"]')).invoices as unknown[]).length, 1);
    assert.deepEqual(await asker.get('delexpiredinvoice'), {});
    assert.deepEqual((await asker.get('listinvoices', '["brief"]')).invoices, []);
  });

  it('createinvoice takes in what signinvoice signed elsewhere, and names who has the label or the hash', async () => {
    const other = openAsker();
    const { bolt11 } = await other.get(
      'invoice',
      `{"amount_msat":5,"label":"o","description":"d","preimage":"${HASH}"}`,
    );
    await other.close();
    for (const label of ['a\\u0000b', 'x'.repeat(2_000)]) {
      const refused = await asker.ask('createinvoice', `["${bolt11}","${label}","${HASH}"]`);
      assert.equal(refused.error?.code, -32602, label);
    }
    const taken = await asker.get('createinvoice', `["${bolt11}","taken","${HASH}"]`);
    assert.equal(taken.bolt11, (await asker.get('signinvoice', `["${bolt11}"]`)).bolt11);
    const again = await asker.ask('createinvoice', `["${bolt11}","taken","${HASH}"]`);
    assert.deepEqual([again.error?.code, again.error?.message, again.error?.data], [900, 'Duplicate label', taken]);
    assert.equal((await asker.ask('createinvoice', `["${bolt11}","another","${HASH}"]`)).error?.code, 901);
    const wrong = await asker.ask('createinvoice', `["${bolt11}","another","${PREIMAGE}"]`);
    assert.equal(wrong.error?.message, 'Incorrect preimage');
  });

  it('an unpaid invoice that asks for too few blocks warns, wherever it is shown', async () => {
    const few = encodeInvoice(
      {
        currency: 'bcrt',
        created_at: 1_700_000_000,
        payment_hash: toHex(sha256(fromHex('66'.repeat(32)))) as PaymentHash,
        payment_secret: '77'.repeat(32) as PaymentSecret,
        description: 'made before the upgrade',
        expiry_seconds: 1_000_000_000,
        min_final_cltv_expiry_delta: 10,
        features: featureSet({ var_onion_optin: 'required', payment_secret: 'required' }),
      },
      signWith(sha256(Buffer.from('any key'))),
    );
    const taken = await asker.get('createinvoice', `["${few}","few","${'66'.repeat(32)}"]`);
    assert.match(taken.warning_cltv as string, /asks the payer for 10 blocks.*fewer than 19.*make a new invoice/);
    const { invoices } = await asker.get('listinvoices', '["few"]');
    assert.deepEqual(invoices, [taken]);
  });

  it('autoclean is switched on and off, and tells', async () => {
    const hour = { enabled: true, cycle_seconds: 3600, expired_by: 86400 };
    assert.deepEqual(await asker.get('autocleaninvoice'), hour);
    const { autoclean } = await asker.get('autoclean-status');
    assert.deepEqual(autoclean, {
      expiredinvoices: { enabled: true, age: 86400, cleaned: 0 },
      paidinvoices: { enabled: false, cleaned: 0 },
    });
    await asker.get('autocleaninvoice', '[60,0]');
    const { autoclean: at_once } = await asker.get('autoclean-status', '["expiredinvoices"]');
    assert.deepEqual(at_once, { expiredinvoices: { enabled: true, age: 0, cleaned: 0 } });
    assert.deepEqual(await asker.get('autocleaninvoice', '[0]'), { enabled: false });
    const once = await asker.get('autoclean-once', '["paidinvoices",1000]');
    assert.deepEqual(once, { autoclean: { paidinvoices: { cleaned: 0, uncleaned: 1 } } });
  });
});
