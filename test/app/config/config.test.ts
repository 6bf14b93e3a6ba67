import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkTogether, loadConfig } from '../../../src/app/config/config.ts';
import { LIGHTNINGD_OPTIONS } from '../../../src/app/config/lightningd-options.ts';
import { nearestName } from '../../../src/app/config/nearest.ts';
import { ConfigError } from '../../../src/app/config/option.ts';
import { OPTIONS } from '../../../src/app/config/options.ts';

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'till-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new assert.AssertionError({ message: 'ConfigError was expected' });
}

test('without a word everything is its default, on regtest', (t) => {
  const dir = directory(t);
  const config = loadConfig([], { TILL_DIR: dir });
  assert.equal(config.network.name, 'regtest');
  assert.equal(config.rpc_file, join(dir, 'regtest', 'lightning-rpc'));
  assert.equal(config.values['invoices-expiry'], 3600);
  assert.equal(config.sources.alias, 'default');
});

test('the command line takes --name=value, --name value, flags and shorthands', (t) => {
  const dir = directory(t);
  const config = loadConfig([
    `--lightning-dir=${dir}`,
    '--alias',
    'corner shop',
    '--daemon',
    '--signet',
    '--cltv-final=40',
  ]);
  assert.equal(config.values.alias, 'corner shop');
  assert.equal(config.values.daemon, true);
  assert.equal(config.network.name, 'signet');
  assert.equal(config.values['cltv-final'], 40);
  assert.equal(config.sources.alias, 'cmdline');
});

test('the files come before the command line, the general one before the network one', (t) => {
  const dir = directory(t);
  mkdirSync(join(dir, 'signet'));
  writeFileSync(join(dir, 'config'), '# mine\nnetwork=signet\nalias=general\naddr=127.0.0.1:1\n\n');
  writeFileSync(join(dir, 'signet', 'config'), 'alias=own\naddr=127.0.0.1:2\nlog-level=debug\n');
  const config = loadConfig([`--lightning-dir=${dir}`, '--log-level=info']);
  assert.equal(config.network.name, 'signet');
  assert.equal(config.values.alias, 'own');
  assert.deepEqual(config.values.addr, ['127.0.0.1:1', '127.0.0.1:2']);
  assert.equal(config.values['log-level'], 'info');
  assert.equal(config.sources.alias, `${join(dir, 'signet', 'config')}:1`);
});

test('what is wrong is said with its place and what would be right', (t) => {
  const dir = directory(t);
  assert.match(
    errorOf(() => loadConfig(['--alais=x'])),
    /no option alais; did you mean --alias\?/,
  );
  assert.match(
    errorOf(() => loadConfig(['--frobnicate'])),
    /see till start --help/,
  );
  assert.match(
    errorOf(() => loadConfig(['--network=mainnet'])),
    /one of bitcoin, testnet, testnet4, signet, regtest/,
  );
  assert.match(
    errorOf(() => loadConfig(['--cltv-final=99999'])),
    /whole number from 19 to 2016, not '99999'/,
  );
  assert.equal(loadConfig([`--cltv-final=${'0'.repeat(30)}24`]).values['cltv-final'], 24);
  assert.match(
    errorOf(() => loadConfig(['--cltv-final=-18'])),
    /whole number from 19 to 2016, not '-18'/,
  );
  assert.match(
    errorOf(() => loadConfig(['--cltv-final=18446744073709551634'])),
    /whole number from 19 to 2016/,
  );
  assert.match(
    errorOf(() => loadConfig(['--invoices-expiry=9007199254740991'])),
    /whole number from 1 to 4294967295, not '9007199254740991'/,
  );
  assert.match(
    errorOf(() => loadConfig(['--alias'])),
    /alias needs a value: --alias=NAME/,
  );
  assert.match(
    errorOf(() => loadConfig(['alias'])),
    /options begin with --/,
  );
  writeFileSync(join(dir, 'config'), 'alias=x\nlog-levle=info\n');
  assert.match(
    errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
    /config:2: there is no option log-levle; did you mean --log-level\?/,
  );
  assert.match(
    errorOf(() => loadConfig(['--conf', join(dir, 'nowhere')])),
    /nowhere cannot be read/,
  );
});

test('an empty value is refused: a variable of a script that was never set must not mean this directory', () => {
  assert.match(
    errorOf(() => loadConfig(['--lightning-dir='])),
    /lightning-dir needs a value: --lightning-dir=DIR/,
  );
});

test('a config file is read as editors of any system leave it', (t) => {
  const dir = directory(t);
  writeFileSync(
    join(dir, 'config'),
    '\ufeffnetwork=signet\r\n\r\n  # mine\r\n alias = caf\u00e9 #1 \r\nalias=two\r\noffline',
  );
  const { network, values, sources } = loadConfig([`--lightning-dir=${dir}`]);
  assert.deepEqual([network.name, values.alias, values.offline], ['signet', 'two', true]);
  assert.equal(sources.alias, `${join(dir, 'config')}:5`);
});

test('a name that every object has is no option', (t) => {
  const dir = directory(t);
  for (const name of ['toString', 'constructor', '__proto__']) {
    const message = new RegExp(`there is no option ${name}; see till start --help`);
    assert.match(
      errorOf(() => loadConfig([`--${name}=1`])),
      message,
    );
    writeFileSync(join(dir, 'config'), `${name}=1\n`);
    assert.match(
      errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
      message,
    );
  }
});

test('the name of a network takes no value: regtest=false would say the opposite', (t) => {
  const dir = directory(t);
  assert.match(
    errorOf(() => loadConfig(['--testnet=false'])),
    /command line: testnet takes no value, and stands for network=testnet/,
  );
  writeFileSync(join(dir, 'config'), 'regtest=0\n');
  assert.match(
    errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
    /config:1: regtest takes no value, and stands for network=regtest/,
  );
});

test('a directory that cannot be entered is named', (t) => {
  const loop = join(directory(t), 'loop');
  symlinkSync(loop, loop);
  assert.match(
    errorOf(() => checkTogether(loadConfig([`--lightning-dir=${loop}`]))),
    /^rpc-file: .*loop\/regtest\/lightning-rpc cannot be reached \(ELOOP\)$/,
  );
});

test('a config file cannot say where it is itself', (t) => {
  const dir = directory(t);
  mkdirSync(join(dir, 'regtest'));
  writeFileSync(join(dir, 'regtest', 'config'), 'network=signet\n');
  assert.match(
    errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
    /regtest\/config:1: network cannot be said here/,
  );
  writeFileSync(join(dir, 'config'), '\nlightning-dir=/elsewhere\n');
  assert.match(
    errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
    /config:2: lightning-dir cannot be said here/,
  );
});

test('a name far from all others has no nearest one', () => {
  assert.equal(nearestName('zzzzzzzz', Object.keys(OPTIONS)), undefined);
  assert.equal(nearestName('frob', Object.keys(OPTIONS)), undefined);
  assert.equal(nearestName('bitcoin-rpcusr', Object.keys(OPTIONS)), 'bitcoin-rpcuser');
});

test('what a node cannot start with is refused, and real money needs a word', () => {
  const refusals: [string[], RegExp][] = [
    [['--mainnet'], /real money.*--accept-real-money-risk/],
    [['--daemon'], /daemon needs log-file/],
    [['--daemon', '--log-file=-'], /daemon needs log-file/],
    [['--rpc-file-mode=rw'], /rpc-file-mode is an octal mode such as 0600, not 'rw'/],
    [['--always-use-proxy'], /always-use-proxy needs proxy=HOST:PORT: .* called openly/],
    [['--proxy=no:where:at:all'], /proxy is HOST:PORT, not 'no:where:at:all'/],
    [['--proxy=', '--always-use-proxy'], /proxy/],
    [['--rgb=red'], /rgb is six hex digits, not 'red'/],
    [['--zeroconf-peer=nobody'], /zeroconf-peer is a node id, 66 lowercase hex digits, not 'nobody'/],
    [['--undefended-peer=LSP'], /undefended-peer is a node id, 66 lowercase hex digits, not 'LSP'/],
    [[`--lightning-dir=/${'x'.repeat(100)}`], /rpc-file: the path of a socket has at most \d+ bytes/],
    [['--rpc-file=/nowhere/socket'], /rpc-file: there is no directory \/nowhere/],
    [[`--rpc-file=${import.meta.filename}`], /config\.test\.ts is there already and is no socket: it would be lost/],
    [[`--alias=${'ü'.repeat(17)}`], /alias has at most 32 bytes/],
  ];
  for (const [args, message] of refusals)
    assert.match(
      errorOf(() => checkTogether(loadConfig(args, { TILL_DIR: '/none' }))),
      message,
    );
  checkTogether(
    loadConfig(['--mainnet', '--accept-real-money-risk', '--daemon', '--log-file=x'], { TILL_DIR: '/none' }),
  );
});

test('a wallet is a database on a server, or the file in its place, and is never shown', () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-wallet-'));
  const check = (wallet: string) => checkTogether(loadConfig([`--lightning-dir=${dir}`, `--wallet=${wallet}`]));
  check('postgres://till:geheim@db.example/till?sslmode=verify-full');
  check(`sqlite3://${join(dir, 'regtest', 'till.sqlite3')}`);
  assert.throws(
    () => check('sqlite3:///elsewhere.sqlite3'),
    /wallet is postgres:.* without it the database is SQLite, in /,
  );
  assert.throws(() => check('mysql://till:geheim@db/till'), /wallet is postgres:/);
  const wrong = errorOf(() => check('postgres://till:geheim@db.example/till?sslmode=require'));
  assert.match(wrong, /does not prove that db\.example is your server/);
  assert.doesNotMatch(wrong, /geheim/);
  rmSync(dir, { recursive: true });
});

test('options of Core Lightning are understood, or named together with what Till does instead', () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-config-'));
  try {
    const lines = [
      'bind-addr=127.0.0.1:9735',
      'large-channels',
      'log-prefix=ln',
      'autolisten=true',
      'disable-plugin=bookkeeper',
    ];
    writeFileSync(join(dir, 'config'), lines.join('\n'));
    const config = loadConfig([
      `--lightning-dir=${dir}`,
      '--announce-addr',
      '203.0.113.7',
      '--alias=shop',
      '--rescan=-100',
    ]);
    assert.deepEqual([config.values.addr, config.values['bind-addr']], [[], ['127.0.0.1:9735']]);
    assert.deepEqual(config.values['announce-addr'], ['203.0.113.7']);
    assert.deepEqual([config.values.alias, config.values.rescan], ['shop', -100]);
    assert.equal(config.notes.length, 4);
    assert.match(
      config.notes.join(),
      /config:3: log-prefix is an option of Core Lightning and does nothing here: Till begins/,
    );
    for (const [line, expected] of [
      [
        'plugin=/opt/p.py',
        /config:1: plugin is an option of Core Lightning that Till does not have: Till has no plugins. Leave it out/,
      ],
      ['experimental-dual-fund', /Till opens channels that one side funds/],
    ] as const) {
      writeFileSync(join(dir, 'config'), line);
      assert.match(
        errorOf(() => loadConfig([`--lightning-dir=${dir}`])),
        expected,
      );
    }
    for (const [name, option] of Object.entries(LIGHTNINGD_OPTIONS)) {
      if ('same_as' in option) continue;
      assert.match(option.till, /^\S.*[^.]$/, name);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
