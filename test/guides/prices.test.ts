import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SOURCES } from '../../src/shop/rates/source.ts';
import { JsonServer } from '../support/json-server.ts';
import { Reader } from './reader.ts';

test('docs/guide/prices.md', async (t) => {
  const server = await JsonServer.open(() => '{"data":{"price":"58123.45"}}');
  t.after(() => server.close());
  const reader = new Reader('prices', [['https://rates.example/', `${server.url}/`]]);
  t.after(() => reader.close());
  const own = [
    ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
    `'--currencyrate-add-source=other,${server.url}/{currency},data,price'`,
  ].join(' ');
  const start = `till start --daemon --log-file=log ${own}`;
  await reader.outside(`${start} '--currencyrate-add-source=mine,${server.url}/{currency_lc},data,price'`);

  const made = await reader.run('till invoice label=table-5 description=Breakfast currency=EUR amount=450');
  const { amount_msat, price } = JSON.parse(made.stdout);
  assert.deepEqual(
    [amount_msat, price.amount_text, price.rate, price.rate_sources, price.margin_ppm],
    [7_743_000, '4.50', '58123.45', ['mine', 'other'], 0],
  );
  const listed = JSON.parse((await reader.run('till listinvoices table-5')).stdout);
  assert.deepEqual(listed.invoices[0].price, price);
  assert.equal(JSON.parse((await reader.run('till currencyrate EUR')).stdout).rate, 58123.45);
  const { currencyrates } = JSON.parse((await reader.run('till listcurrencyrates EUR')).stdout);
  assert.deepEqual(
    currencyrates.map(({ source, amount }: { source: string; amount: number }) => [source, amount]),
    [
      ['mine', 58123.45],
      ['other', 58123.45],
    ],
  );
  assert.equal(JSON.parse((await reader.run('till currencyconvert 4.50 EUR')).stdout).msat, 7_742_142);

  reader.file('~/.till/config');
  await reader.outside('till stop');
  await reader.outside(start);
  const dearer = JSON.parse(await reader.outside('till invoice label=table-6 description=x currency=EUR amount=450'));
  assert.deepEqual([dearer.amount_msat, dearer.price.margin_ppm], [7_781_000, 5000]);

  // Of a currency that nobody has asked for yet nothing is known.
  server.answer = () => undefined;
  await assert.rejects(
    reader.outside('till invoice label=table-7 description=x currency=USD amount=450'),
    /No rate for USD.*HTTP 404/s,
  );
  reader.assertAllFollowed();
  await reader.outside('till stop');
});
