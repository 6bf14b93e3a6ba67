/**
 * What the public services answer when they are asked for rates, as their makers' pages show it or as other projects have
 * recorded it: each case names where it is from. A server of our own serves them; no service is asked here. The price is
 * found in each to the digit, and what a service says of a currency that it does not have is no price.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import { formatDecimal, parseDecimal } from '../../../src/base/types/exact-decimal.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { JsonAsker } from '../../../src/infra/http/json-asker.ts';
import { DEFAULT_SOURCES, questionFor } from '../../../src/shop/rates/source.ts';
import { JsonServer } from '../../support/json-server.ts';

interface Recorded {
  readonly service: string;
  readonly currency: string;
  /** The path and query that the service is asked by. */
  readonly path: string;
  readonly answer: string;
  /** The price in it; undefined when there is none. */
  readonly price: string | undefined;
}

const RECORDED: readonly Recorded[] = [
  {
    // docs.coingecko.com/v3.0.1/reference/simple-price, with more members than Till asks for.
    service: 'coingecko',
    currency: 'USD',
    path: '/api/v3/simple/price?ids=bitcoin&vs_currencies=usd',
    answer:
      '{"bitcoin":{"usd":67187.3358936566,"usd_market_cap":1317802988326.25,"usd_24h_vol":31260929299.5248,"usd_24h_change":3.63727894677354,"last_updated_at":1711356300}}',
    price: '67187.3358936566',
  },
  {
    // The same without the currency: one that CoinGecko does not have.
    service: 'coingecko',
    currency: 'ISK',
    path: '/api/v3/simple/price?ids=bitcoin&vs_currencies=isk',
    answer: '{"bitcoin":{}}',
    price: undefined,
  },
  {
    // docs.kraken.com/api/docs/rest-api/get-ticker-information: asked for XBTUSD, it answers as XXBTZUSD.
    service: 'kraken',
    currency: 'USD',
    path: '/0/public/Ticker?pair=XBTUSD',
    answer:
      '{"error":[],"result":{"XXBTZUSD":{"a":["30300.10000","1","1.000"],"b":["30300.00000","1","1.000"],"c":["30303.20000","0.00067643"],"v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],"l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}}}',
    price: '30303.2',
  },
  {
    // Recorded by knowm/XChange, xchange-kraken/src/test/resources/marketdata/example-ticker-data.json.
    service: 'kraken',
    currency: 'EUR',
    path: '/0/public/Ticker?pair=XBTEUR',
    answer:
      '{"error":[],"result":{"XXBTZEUR":{"a":["562.26651","1"],"b":["560.46600","1"],"c":["560.87711","0.01447739"],"v":["84.23095922","600.91850325"],"p":["562.19735","576.77284"],"t":[305,2783],"l":["560.00000","560.00000"],"h":["570.00000","591.11000"],"o":"568.98910"}}}',
    price: '560.87711',
  },
  {
    // Younger pairs have one name: recorded by several projects that ask for Swiss francs.
    service: 'kraken',
    currency: 'CHF',
    path: '/0/public/Ticker?pair=XBTCHF',
    answer:
      '{"error":[],"result":{"XBTCHF":{"a":["59038.50000","1","1.000"],"b":["59005.80000","1","1.000"],"c":["59042.10000","0.00010000"],"v":["18.59019190","22.18713969"],"p":["58359.33086","58399.49802"],"t":[1420,1641],"l":["57500.00000","57500.00000"],"h":["59184.80000","59184.80000"],"o":"58778.00000"}}}',
    price: '59042.1',
  },
  {
    // docs.kraken.com: what it says of a pair that it does not have.
    service: 'kraken',
    currency: 'SEK',
    path: '/0/public/Ticker?pair=XBTSEK',
    answer: '{"error":["EQuery:Unknown asset pair"]}',
    price: undefined,
  },
  {
    // Recorded by ArizenHQ/counterfeit, lib/counterfeit/blockchain/app.rb (some of its lines).
    service: 'blockchain.info',
    currency: 'EUR',
    path: '/ticker',
    answer: `{
  "USD" : {"15m" : 16170.64, "last" : 16170.64, "buy" : 16175.47, "sell" : 16165.81, "symbol" : "$"},
  "CLP" : {"15m" : 1.002660533E7, "last" : 1.002660533E7, "buy" : 1.002960017E7, "sell" : 1.002361049E7, "symbol" : "$"},
  "EUR" : {"15m" : 13739.83, "last" : 13739.83, "buy" : 13763.49, "sell" : 13716.16, "symbol" : "€"}
}`,
    price: '13739.83',
  },
  {
    // The same: prices of eight digits have an exponent.
    service: 'blockchain.info',
    currency: 'CLP',
    path: '/ticker',
    answer:
      '{"CLP" : {"15m" : 1.002660533E7, "last" : 1.002660533E7, "buy" : 1.002960017E7, "sell" : 1.002361049E7, "symbol" : "$"}}',
    price: '10026605.33',
  },
  {
    // Recorded by ccxt/ccxt, ts/src/test/static/response/bitstamp.json (of the pair with USDT; bitstamp.net/api has market_type).
    service: 'bitstamp',
    currency: 'EUR',
    path: '/api/v2/ticker/btceur/',
    answer:
      '{"timestamp":"1710328241","open":"71448","high":"73656","low":"68626","last":"73285","volume":"135.29692054","vwap":"70853","bid":"73353","ask":"73367","side":"0","open_24":"72144","percent_change_24":"1.58","market_type":"SPOT"}',
    price: '73285',
  },
  {
    // Recorded by knowm/XChange, xchange-coinbase/.../dto/marketdata/example-spot-data.json.
    service: 'coinbase',
    currency: 'USD',
    path: '/v2/prices/BTC-USD/spot',
    answer: '{"data":{"base":"BTC","currency":"USD","amount":"755.96"}}',
    price: '755.96',
  },
  {
    // docs.bitfinex.com: the values of reference/ws-public-ticker, in the order of reference/rest-public-ticker.
    service: 'bitfinex',
    currency: 'USD',
    path: '/v2/ticker/tBTCUSD',
    answer: '[7616.5,31.89055171,7617.5,43.358118629999986,-550.8,-0.0674,7617.1,8314.71200815,8257.8,7500]',
    price: '7617.1',
  },
  {
    // docs.bitfinex.com: the form of an error.
    service: 'bitfinex',
    currency: 'SEK',
    path: '/v2/ticker/tBTCSEK',
    answer: '["error",10020,"symbol: invalid"]',
    price: undefined,
  },
];

let server: JsonServer;
let asker: JsonAsker;
let answer: string | undefined;

before(async () => {
  server = await JsonServer.open(() => answer);
  const guard = new AddressGuard({ allowed: new Set(['127.0.0.1']), option: 'test-allow' });
  asker = new JsonAsker({ clock: new ManualClock(), guard, user_agent: 'Till/test' });
});
after(async () => {
  asker.close();
  await server.close();
});

for (const { service, currency, path, answer: recorded, price } of RECORDED) {
  test(`${service} says ${price ?? 'no price'} of ${currency}`, async () => {
    const source = DEFAULT_SOURCES.find(({ name }) => name === service);
    assert.ok(source !== undefined);
    const { url, members } = questionFor(source, currency as CurrencyCode);
    const { pathname, search } = new URL(url);
    assert.equal(pathname + search, path);
    answer = recorded;
    const outcome = await asker.ask({ url: server.url + path, members }, new AbortController().signal);
    assert.ok(outcome.kind === 'answered');
    const [text] = outcome.values;
    const read = text === null || text === undefined ? undefined : parseDecimal(text);
    assert.equal(read && formatDecimal(read), price);
  });
}

test('there is a recorded answer of every service that is asked', () => {
  const recorded = new Set(RECORDED.filter(({ price }) => price !== undefined).map(({ service }) => service));
  assert.deepEqual([...recorded].sort(), DEFAULT_SOURCES.map(({ name }) => name).sort());
});
