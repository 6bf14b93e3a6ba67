import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CurrencyCode } from '../../../src/base/types/currency.ts';
import {
  DEFAULT_SOURCES,
  localHosts,
  parseSource,
  questionFor,
  type RateSource,
  sourcesOf,
} from '../../../src/shop/rates/source.ts';

const EUR = 'EUR' as CurrencyCode;

test('a source is a name, a URL and members, with the currency put in', () => {
  const source = parseSource('mine,https://rates.example/{currency_lc}?c={currency},data,{currency},0');
  assert.deepEqual(questionFor(source, EUR), {
    url: 'https://rates.example/eur?c=EUR',
    members: [['data', 'EUR', '0']],
  });
});

test('every source of Till can be asked', () => {
  for (const source of DEFAULT_SOURCES) {
    const { url, members } = questionFor(source, EUR);
    assert.ok(URL.canParse(url) && url.startsWith('https://') && members[0]?.length, source.name);
    assert.doesNotMatch(url + members.join(), /[{}]/);
  }
});

test('what is no source is refused, and why', () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ['', /no name/],
    ['my source,https://rates.example/,x', /no name/],
    ['mine', /NAME,URL,MEMBERS/],
    ['mine,https://rates.example/', /NAME,URL,MEMBERS/],
    ['mine,https://rates.example/,a,,b', /NAME,URL,MEMBERS/],
    ['mine,rates.example,x', /no URL/],
    ['mine,http://rates.example/,x', /https:\/\/, or is in your own network/],
    ['mine,ftp://localhost/,x', /https:/],
  ];
  for (const [text, message] of faults) assert.throws(() => parseSource(text), { name: 'SourceError', message }, text);
});

test('sources are added and switched off by their names', () => {
  const names = (sources: readonly RateSource[]): string[] => sources.map(({ name }) => name);
  assert.deepEqual(names(sourcesOf([], [])), names(DEFAULT_SOURCES));
  const own = 'mine,https://rates.example/,x';
  assert.deepEqual(names(sourcesOf([own], names(DEFAULT_SOURCES))), ['mine']);
  assert.throws(() => sourcesOf([own, own], []), /two sources named mine/);
  assert.throws(() => sourcesOf(['kraken,https://rates.example/,x'], []), /two sources named kraken/);
  assert.throws(() => sourcesOf([], ['krakn']), /no source 'krakn' to switch off; there are coingecko, kraken/);
});

test('a source in the own network is told from one of the internet', () => {
  const urls = [
    'http://127.0.0.1:8000/',
    'http://localhost/',
    'http://[::1]/',
    'https://rates.lan/',
    'http://10.0.0.7/',
    'https://rates.example/',
    'https://8.8.8.8/',
  ];
  const sources = urls.map((url) => parseSource(`mine,${url},x`));
  assert.deepEqual(localHosts(sources), ['127.0.0.1', 'localhost', '::1', 'rates.lan', '10.0.0.7']);
});
