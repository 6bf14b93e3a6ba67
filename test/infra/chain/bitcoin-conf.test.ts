import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultBitcoinDir, findBitcoind } from '../../../src/infra/chain/bitcoin-conf.ts';

const place = mkdtempSync(join(tmpdir(), 'till-bitcoin-conf-'));
after(() => rmSync(place, { recursive: true }));
let homes = 0;

/** A user's directory with this bitcoin.conf. */
function homeWith(conf: string | undefined): string {
  const home = join(place, String(homes++));
  mkdirSync(defaultBitcoinDir(home), { recursive: true });
  if (conf !== undefined) writeFileSync(join(defaultBitcoinDir(home), 'bitcoin.conf'), conf);
  return home;
}

test('without a bitcoin.conf there is the cookie of the network, where bitcoind writes it', () => {
  const home = homeWith(undefined);
  const dir = defaultBitcoinDir(home);
  const cookie = (network: Parameters<typeof findBitcoind>[0]) => findBitcoind(network, undefined, home).cookie_file;
  assert.equal(cookie('bitcoin'), join(dir, '.cookie'));
  assert.equal(cookie('testnet'), join(dir, 'testnet3', '.cookie'));
  assert.equal(cookie('testnet4'), join(dir, 'testnet4', '.cookie'));
  assert.equal(cookie('signet'), join(dir, 'signet', '.cookie'));
  assert.equal(cookie('regtest'), join(dir, 'regtest', '.cookie'));
  assert.deepEqual(findBitcoind('signet', '/srv/bitcoin', home), {
    host: undefined,
    port: undefined,
    login: undefined,
    cookie_file: '/srv/bitcoin/signet/.cookie',
  });
});

test('the section of the network counts more than what stands before all sections, and of two lines the first', () => {
  const home = homeWith(`
# my node
rpcuser=general   # for all
rpcpassword=secret
rpcpassword=other
regtest.rpcport=1111

[regtest]
rpcconnect=10.0.0.7
rpcuser=own
[signet]
rpcport=2222
`);
  const found = findBitcoind('regtest', undefined, home);
  assert.deepEqual([found.host, found.port, found.login], ['10.0.0.7', 1111, 'own:secret']);
  const signet = findBitcoind('signet', undefined, home);
  assert.deepEqual([signet.host, signet.port, signet.login], [undefined, 2222, 'general:secret']);
});

test('a port before all sections is that of mainnet alone', () => {
  const home = homeWith('rpcport=7777\n');
  assert.equal(findBitcoind('bitcoin', undefined, home).port, 7777);
  assert.equal(findBitcoind('regtest', undefined, home).port, undefined);
  const own = homeWith('[main]\nrpcport=8888\n');
  assert.equal(findBitcoind('bitcoin', undefined, own).port, 8888);
  assert.equal(findBitcoind('bitcoin', undefined, homeWith('rpcport=many\n')).port, undefined);
});

test('bitcoin.conf may name another directory, another cookie, and further files', () => {
  const elsewhere = join(place, 'elsewhere');
  const home = homeWith(`datadir=${elsewhere}\nincludeconf=more.conf\n`);
  writeFileSync(join(defaultBitcoinDir(home), 'more.conf'), 'rpccookiefile=sweet\nincludeconf=more.conf\n');
  assert.equal(findBitcoind('regtest', undefined, home).cookie_file, join(elsewhere, 'regtest', 'sweet'));
  const absolute = homeWith('rpccookiefile=/run/bitcoind/cookie\n');
  assert.equal(findBitcoind('regtest', undefined, absolute).cookie_file, '/run/bitcoind/cookie');
  // A directory that was said on the command line counts more.
  assert.equal(
    findBitcoind('regtest', defaultBitcoinDir(home), home).cookie_file,
    join(defaultBitcoinDir(home), 'regtest', 'sweet'),
  );
});

test('a password without a user is a login, as for bitcoin-cli', () => {
  assert.equal(findBitcoind('regtest', undefined, homeWith('rpcpassword=x\n')).login, ':x');
  assert.equal(findBitcoind('regtest', undefined, homeWith('rpcuser=x\n')).login, undefined);
});

test('on a Mac it lies where applications keep their files', () => {
  assert.equal(defaultBitcoinDir('/u/ann', 'darwin'), '/u/ann/Library/Application Support/Bitcoin');
  assert.equal(defaultBitcoinDir('/u/ann', 'linux'), '/u/ann/.bitcoin');
});
