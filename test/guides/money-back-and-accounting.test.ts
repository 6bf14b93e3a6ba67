import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bech32 } from '@scure/base';
import { connectToNode } from '../../src/api/client/index.ts';
import { msat } from '../../src/base/types/amount.ts';
import { DEFAULT_SOURCES } from '../../src/shop/rates/source.ts';
import { JsonServer } from '../support/json-server.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

const METADATA = '[["text/plain","Alice"],["text/identifier","alice@wallet.example"]]';

test('docs/guide/money-back-and-accounting.md', async (t) => {
  let made = 0;
  const server: JsonServer = await JsonServer.open((path) => {
    if (path.startsWith('/rates')) return '{"price":58123.45}';
    if (!path.startsWith('/pay')) {
      const amounts = { minSendable: 1, maxSendable: 10_000_000_000 };
      return JSON.stringify({ tag: 'payRequest', callback: `${server.url}/pay`, metadata: METADATA, ...amounts });
    }
    const amount_msat = msat(BigInt(new URL(path, server.url).searchParams.get('amount') as string));
    return (response) =>
      void neighbour.node.invoices
        .create({ amount_msat, label: `refund-${made++}`, description: METADATA, deschashonly: true })
        .then(({ invoice }) => response.writeHead(200).end(JSON.stringify({ pr: invoice.bolt11, routes: [] })));
  });
  t.after(() => server.close());
  const lnurl = bech32.encode('lnurl', bech32.toWords(Buffer.from(`${server.url}/alice`)), false);
  const reader = new Reader('money-back-and-accounting', [
    ['alice@wallet.example', lnurl],
    ['2026-12-31', '2099-12-31'],
    ['2026-01-01', '1970-01-01'],
  ]);
  t.after(() => reader.close());
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());
  const sources = [
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    ...['a', 'b'].map((name) => `'--currencyrate-add-source=${name},${server.url}/rates/{currency},price'`),
  ].join(' ');
  await reader.outside(`till start --daemon --log-file=log --lnurl-allow-private=127.0.0.1 ${sources}`);
  const info = JSON.parse(await reader.outside('till getinfo'));
  await neighbour.opensChannel(reader, info.id, info.binding[0].port, 1_000_000, 200_000_000);
  const customer = await connectToNode(neighbour.node.rpc_file);
  t.after(() => customer.close());

  const tea = JSON.parse(await reader.outside('till invoice 5000000 table-5 tea'));
  const coffee = JSON.parse(
    await reader.outside('till invoice label=table-6 description==1+1 currency=EUR amount=450'),
  );
  for (const { bolt11 } of [tea, coffee]) await customer.call('pay', { bolt11 });

  const whole = JSON.parse((await reader.run('till refund table-5 alice@wallet.example')).stdout);
  assert.deepEqual([whole.status, whole.amount_msat], ['sent', 5_000_000]);
  const part = await reader.run(
    'till refund label=table-6 destination=alice@wallet.example amount=150 note="cold coffee"',
  );
  const { amount_text, note } = JSON.parse(part.stdout);
  assert.deepEqual([amount_text, note], ['1.50', 'cold coffee']);
  const { refunds } = JSON.parse((await reader.run('till listrefunds')).stdout);
  assert.deepEqual(
    refunds.map(({ label, status }: { label: string; status: string }) => [label, status]),
    [
      ['table-5', 'sent'],
      ['table-6', 'sent'],
    ],
  );

  await reader.run(
    'till exportledger format=generic from=2026-01-01 until=2026-12-31 timezone=Europe/Berlin > ledger.csv',
  );
  await reader.run('till exportledger format=koinly > koinly.csv');
  await reader.run('till exportledger format=cointracking > cointracking.csv');
  const lines = readFileSync(join(reader.home, 'ledger.csv'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(',').slice(1, 6).join(' ')),
    [
      'invoice 0.00005000 5000000  ',
      'invoice 0.00007743 7743000 EUR 4.50',
      'refund -0.00005000 -5000000  ',
      'refund -0.00002581 -2581000 EUR -1.50',
    ],
  );
  assert.match(lines[2] as string, /,'=1\+1,/);
  assert.match(readFileSync(join(reader.home, 'koinly.csv'), 'utf8'), /^Date,Sent Amount,.* UTC,,,0\.00005000,BTC,/s);
  assert.match(
    readFileSync(join(reader.home, 'cointracking.csv'), 'utf8'),
    /^Type,Buy Amount.*\nIncome,0\.00005000,BTC,/s,
  );
  const rune = await reader.runMentioned(`till createrune restrictions='[["method=refund","method=listinvoices"]]'`);
  assert.equal(rune.code, 0, rune.stderr);
  reader.assertAllFollowed();
  await reader.outside('till stop');
});
