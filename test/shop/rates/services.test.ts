/**
 * Answers as the public services give them when they are asked for rates, written by hand and served by a server of our own:
 * the price is found in each, to the digit. No service is asked here, and none of the answers is a recording.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { JsonAsker } from '../../../src/infra/http/json-asker.ts';
import { DEFAULT_SOURCES, questionFor } from '../../../src/shop/rates/source.ts';
import { JsonServer } from '../../support/json-server.ts';

const EUR = 'EUR' as CurrencyCode;

/** For each service: the path and query that it is asked by, an answer with other prices around, and the price in it. */
const SERVICES: Readonly<Record<string, { readonly path: string; readonly answer: string; readonly price: string }>> = {
  coingecko: {
    path: '/api/v3/simple/price?ids=bitcoin&vs_currencies=eur',
    answer: '{"bitcoin":{"eur":58123}}',
    price: '58123',
  },
  kraken: {
    path: '/0/public/Ticker?pair=XXBTZEUR',
    answer:
      '{"error":[],"result":{"XXBTZEUR":{"a":["58130.10000","1","1.000"],"b":["58120.00000","1","1.000"],"c":["58123.40000","0.00143621"],"v":["51.1","820.4"],"p":["58001.2","57900.8"],"t":[1,2],"l":["57000.0","56000.0"],"h":["59000.0","59500.0"],"o":"57500.00000"}}}',
    price: '58123.40000',
  },
  'blockchain.info': {
    path: '/ticker',
    answer:
      '{"USD":{"15m":63000.1,"last":63000.1,"buy":63000.1,"sell":63000.1,"symbol":"USD"},"EUR":{"15m":58000.5,"last":58123.45,"buy":58123.45,"sell":58123.45,"symbol":"EUR"}}',
    price: '58123.45',
  },
  bitstamp: {
    path: '/api/v2/ticker/btceur',
    answer:
      '{"timestamp":"1796019809","open":"57500","high":"59000","low":"57000","last":"58123","volume":"120.5","vwap":"58001","bid":"58120","ask":"58130","side":"0","open_24":"57600","percent_change_24":"0.91"}',
    price: '58123',
  },
  coinbase: {
    path: '/v2/prices/BTC-EUR/spot',
    answer: '{"data":{"amount":"58123.455","base":"BTC","currency":"EUR"}}',
    price: '58123.455',
  },
  bitfinex: {
    path: '/v2/ticker/tBTCEUR',
    // Bid, its size, ask, its size, change, relative change, last price, volume, high, low.
    answer: '[58120,3.1,58130,2.4,623,0.0108,58123.5,120.5,59000,57000]',
    price: '58123.5',
  },
};

test('the price is found in the answer of each service, to the digit', async (t) => {
  const server = await JsonServer.open(
    (path) => Object.values(SERVICES).find((service) => service.path === path)?.answer,
  );
  t.after(() => server.close());
  const guard = new AddressGuard({ allowed: new Set(['127.0.0.1']), option: 'test-allow' });
  const asker = new JsonAsker({ clock: new ManualClock(), guard, user_agent: 'Till/test' });
  t.after(() => asker.close());
  assert.deepEqual(
    DEFAULT_SOURCES.map(({ name }) => name),
    Object.keys(SERVICES),
  );
  for (const source of DEFAULT_SOURCES) {
    const { url, members } = questionFor(source, EUR);
    const { pathname, search } = new URL(url);
    const outcome = await asker.ask({ url: server.url + pathname + search, members }, new AbortController().signal);
    assert.deepEqual(outcome, { kind: 'answered', values: [SERVICES[source.name]?.price] }, source.name);
  }
});
