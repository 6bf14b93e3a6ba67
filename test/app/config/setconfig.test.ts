/** `setconfig` as files have it: what is written, what the next start reads, and what is refused with nothing changed. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Config, loadConfig } from '../../../src/app/config/config.ts';
import { LiveConfig, TRANSIENT } from '../../../src/app/config/live-config.ts';
import { ConfigError } from '../../../src/app/config/option.ts';

/** A node's directory, whose config file says this. */
class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'till-setconfig-'));
  readonly conf = join(this.dir, 'regtest', 'config');
  readonly kept = `${this.conf}.setconfig`;

  constructor(t: TestContext, text?: string) {
    t.after(() => rmSync(this.dir, { recursive: true, force: true }));
    mkdirSync(join(this.dir, 'regtest'));
    if (text !== undefined) writeFileSync(this.conf, text);
  }

  load(...args: readonly string[]): Config {
    return loadConfig([`--lightning-dir=${this.dir}`, ...args]);
  }

  live(...args: readonly string[]): LiveConfig {
    return new LiveConfig(this.load(...args));
  }

  lines(file: string): readonly string[] {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  }
}

const LASTING = { is_transient: false };

test('a value is kept in a file of its own, which the next start reads, and replaced there', (t) => {
  const place = new Place(t);
  const live = place.live();
  const { source } = live.set('invoices-expiry', '600', LASTING);
  assert.equal(source, `${place.kept}:2`);
  assert.equal(live.config.values['invoices-expiry'], 600);
  assert.equal(place.load().values['invoices-expiry'], 600);
  assert.equal(place.load().sources['invoices-expiry'], source);
  assert.equal(live.set('alias', 'Corner shop = #1', LASTING).source, `${place.kept}:3`);
  assert.equal(live.set('invoices-expiry', '900', LASTING).source, source);
  assert.deepEqual(place.lines(place.kept).slice(1), ['invoices-expiry=900', 'alias=Corner shop = #1']);
  assert.deepEqual(place.lines(place.conf), ['# Inserted by setconfig', 'include config.setconfig']);
  assert.equal(place.load().values.alias, 'Corner shop = #1');
  // The next run goes on in the same files.
  assert.equal(place.live().set('invoices-expiry', '60', LASTING).source, source);
  assert.deepEqual(place.lines(place.conf), ['# Inserted by setconfig', 'include config.setconfig']);
});

test('the line that said it before is commented out, and the file keeps its readers', (t) => {
  const place = new Place(t, '# mine\nalias=before\nlog-level=debug');
  chmodSync(place.conf, 0o644);
  place.live().set('alias', 'after', LASTING);
  assert.deepEqual(place.lines(place.conf), [
    '# mine',
    '# setconfig commented out (see config.setconfig): alias=before',
    'log-level=debug',
    '# Inserted by setconfig',
    'include config.setconfig',
  ]);
  assert.equal(statSync(place.conf).mode & 0o777, 0o644);
  assert.equal(place.load().values.alias, 'after');
  assert.equal(place.load().values['log-level'], 'debug');
});

test('a line that somebody put behind the include counts, and is found', (t) => {
  const place = new Place(t);
  place.live().set('alias', 'one', LASTING);
  writeFileSync(place.conf, 'include config.setconfig\nalias=two\n');
  const live = place.live();
  assert.equal(live.config.values.alias, 'two');
  live.set('alias', 'three', LASTING);
  assert.equal(place.load().values.alias, 'three');
});

test('a transient value touches no file, and the line below it is still found', (t) => {
  const place = new Place(t, 'alias=before\n');
  const live = place.live();
  assert.equal(live.set('alias', 'for now', { is_transient: true }).source, TRANSIENT);
  assert.equal(live.config.values.alias, 'for now');
  assert.equal(live.config.sources.alias, TRANSIENT);
  assert.equal(existsSync(place.kept), false);
  assert.equal(place.load().values.alias, 'before');
  live.set('alias', 'for good', LASTING);
  assert.equal(place.lines(place.conf)[0], '# setconfig commented out (see config.setconfig): alias=before');
  assert.equal(place.load().values.alias, 'for good');
});

test('with conf the file beside it is used', (t) => {
  const place = new Place(t);
  const conf = join(place.dir, 'my.conf');
  writeFileSync(conf, 'alias=before\n');
  place.live(`--conf=${conf}`).set('alias', 'after', LASTING);
  assert.equal(place.load(`--conf=${conf}`).values.alias, 'after');
  assert.ok(existsSync(`${conf}.setconfig`));
  assert.equal(existsSync(place.conf), false);
});

test('the command line counts again after the next start, and that is said', (t) => {
  const place = new Place(t);
  assert.equal(place.live('--alias=line').set('alias', 'x', LASTING).is_on_command_line, true);
  assert.equal(place.live().set('alias', 'y', LASTING).is_on_command_line, false);
});

test('what is refused changes nothing: not the value, not a file, and nobody is told', (t) => {
  const place = new Place(t, 'alias=before\n');
  const live = place.live();
  live.onChange(['alias', 'invoices-expiry', 'shop-currency'], () => assert.fail('told'));
  live.addCheck(({ values }) => {
    if (values['shop-currency'] === 'QQQ') throw new ConfigError('no such currency');
  });
  const refused: readonly (readonly [Parameters<LiveConfig['set']>[0], string, RegExp])[] = [
    ['invoices-expiry', 'soon', /Error setting invoices-expiry: invoices-expiry is a whole number from 1/],
    ['invoices-expiry', '', /invoices-expiry needs a value/],
    ['alias', 'x'.repeat(33), /Error setting alias: alias has at most 32 bytes/],
    ['alias', 'two\nlines', /one line/],
    ['shop-currency', 'QQQ', /Error setting shop-currency: no such currency/],
    ['inbound-keep', 'much', /inbound-keep is an amount/],
    ['addr', '127.0.0.1:1', /addr is read when the node starts/],
  ];
  for (const [name, value, words] of refused) {
    assert.throws(
      () => live.set(name, value, LASTING),
      (error) => error instanceof ConfigError && words.test(error.message),
    );
  }
  assert.equal(live.config.values.alias, 'before');
  assert.equal(existsSync(place.kept), false);
  assert.deepEqual(place.lines(place.conf), ['alias=before']);
});

test('a file that changed since the start is left alone', (t) => {
  const place = new Place(t, 'alias=before\n');
  const live = place.live();
  writeFileSync(place.conf, '# a comment\nalias=before\n');
  assert.throws(() => live.set('alias', 'after', LASTING), /line 1 changed, and no longer sets alias/);
  writeFileSync(place.conf, '');
  assert.throws(() => live.set('alias', 'after', LASTING), /no longer has 1 lines/);
  assert.equal(live.config.values.alias, 'before');
  assert.equal(existsSync(place.kept), false);
});

test('a directory in the place of a file is said, and nothing holds', (t) => {
  const place = new Place(t);
  const live = place.live();
  mkdirSync(`${place.kept}.new`);
  assert.throws(() => live.set('alias', 'after', LASTING), /Cannot write to config file .*config\.setconfig/);
  assert.equal(live.config.values.alias, undefined);
});

test('a file may include others, beside it or by their path, and none itself', (t) => {
  const place = new Place(t, 'include shared/shop\nalias=here\n');
  mkdirSync(join(place.dir, 'regtest', 'shared'));
  const shared = join(place.dir, 'regtest', 'shared', 'shop');
  writeFileSync(shared, 'alias=there\nshop-currency=EUR\n');
  const config = place.load();
  assert.equal(config.values.alias, 'here');
  assert.equal(config.sources['shop-currency'], `${shared}:2`);
  writeFileSync(shared, 'include ../config\n');
  assert.throws(() => place.load(), /shop:1: .*regtest\/config includes itself/);
  writeFileSync(place.conf, 'include nowhere\n');
  assert.throws(() => place.load(), /nowhere cannot be read/);
});
