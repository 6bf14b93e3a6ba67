import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../../src/app/config/config.ts';
import { ConfigError } from '../../../src/app/config/option.ts';
import { chooseChain } from '../../../src/app/daemon/chain-source.ts';
import { systemClock } from '../../../src/base/types/clock.ts';
import { defaultBitcoinDir } from '../../../src/infra/chain/bitcoin-conf.ts';
import { newDirectory, run, TillNode, tillCommand } from '../../e2e/till.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';

const place = mkdtempSync(join(tmpdir(), 'till-chain-source-'));
after(() => rmSync(place, { recursive: true }));

function choose(...args: string[]): string {
  const { kind, name } = chooseChain(loadConfig(args, { TILL_DIR: place }), systemClock);
  return `${kind}: ${name}`;
}

test('what the options are about is where blocks come from', () => {
  mkdirSync(join(place, 'regtest'), { recursive: true });
  assert.match(choose(), /^embedded: the embedded chain of this node alone \(for a bitcoind: --chain=bitcoind\)$/);
  assert.equal(choose('--bitcoin-rpcuser=x'), 'bitcoind: bitcoind at 127.0.0.1:18443');
  assert.equal(choose('--bitcoin-datadir=/srv/x', '--bitcoin-rpcport=5'), 'bitcoind: bitcoind at 127.0.0.1:5');
  assert.equal(choose('--signet', '--bitcoin-datadir=/srv/x'), 'bitcoind: bitcoind at 127.0.0.1:38332');
  assert.equal(choose('--signet', '--esplora-url=https://x.example/api/'), 'esplora: Esplora at https://x.example/api');
  assert.equal(choose('--embedded-chain=/run/chain'), 'embedded: the embedded chain at /run/chain');
  assert.throws(
    () => choose('--bitcoin-rpcuser=x', '--esplora-url=https://x.example'),
    /bitcoin-rpcuser and esplora-url name different sources of blocks: say which is meant with chain=bitcoind\|esplora/,
  );
  assert.equal(
    choose('--bitcoin-rpcuser=x', '--esplora-url=https://x.example', '--chain=esplora').split(':')[0],
    'esplora',
  );
});

test('~ is the directory of the user, and that of another is refused by name', () => {
  const { values, rpc_file } = loadConfig(['--bitcoin-datadir=~/btc', '--rpc-file=~/door'], { TILL_DIR: '~/till' });
  assert.equal(values['bitcoin-datadir'], join(homedir(), 'btc'));
  assert.equal(rpc_file, join(homedir(), 'door'));
  assert.equal(loadConfig([], { TILL_DIR: '~/till' }).lightning_dir, join(homedir(), 'till'));
  assert.equal(loadConfig(['--lightning-dir', '~'], {}).lightning_dir, homedir());
  writeFileSync(join(place, 'config'), 'bitcoin-datadir=~bob/.bitcoin\n');
  assert.throws(
    () => loadConfig([], { TILL_DIR: place }),
    (error) =>
      error instanceof ConfigError &&
      error.message.endsWith(
        "config:1: bitcoin-datadir: '~bob/.bitcoin' is the directory of another user: write its whole path",
      ),
  );
  rmSync(join(place, 'config'));
  // A text that is no path stays what it is.
  assert.equal(loadConfig(['--alias=~/x'], {}).values.alias, '~/x');
});

test('a node without any bitcoind says what to set', async () => {
  const home = newDirectory();
  const { code, stderr } = await run('sh', ['-c', tillCommand('start', '--network=signet')], {
    ...process.env,
    HOME: home,
    TILL_DIR: join(home, 'till'),
  });
  assert.equal(code, 1);
  assert.match(stderr, /^till: signet needs a source of blocks, and there is no .*bitcoin: set bitcoin-datadir/i);
});

test(
  'a bitcoind in its usual place is found by its bitcoin.conf and its cookie, and the greeting names it',
  bitcoindMissing === undefined ? {} : { skip: bitcoindMissing },
  async () => {
    const home = newDirectory();
    const bitcoind = await BitcoindProcess.startFor(defaultBitcoinDir(home));
    try {
      await bitcoind.mine(7, '6a');
      const dir = newDirectory();
      const node = await TillNode.start(dir, { args: ['--chain=bitcoind'], env: { HOME: home } });
      assert.equal((await node.stop()).code, 0);
      const greeting = `blocks come from bitcoind at 127.0.0.1:${bitcoind.rpcport}, best block 7\n`;
      assert.ok(readFileSync(join(dir, 'log'), 'utf8').includes(greeting));
    } finally {
      await bitcoind.halt();
    }
  },
);
