import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/base/types/clock.ts';
import { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { bitcoindMissing, bitcoindPath, freePort } from '../support/bitcoind.ts';
import { serveEsplora } from '../support/esplora-server.ts';
import { Reader } from './reader.ts';

const cli = join(dirname(bitcoindPath ?? ''), 'bitcoin-cli');
const missing = bitcoindMissing ?? (existsSync(cli) ? undefined : 'no bitcoin-cli beside bitcoind');

test('docs/guide/first-node.md', missing === undefined ? {} : { skip: missing }, async (t) => {
  const [rpcport, port] = [await freePort(), await freePort()];
  const reader = new Reader('first-node', [
    ['signet', 'regtest'],
    ['39735', String(port)],
  ]);
  t.after(() => reader.close());
  // Only what keeps this bitcoind out of the way of others on this machine.
  reader.command('bitcoind', `exec '${bitcoindPath}' "$@"`);
  reader.command('bitcoin-cli', `exec '${cli}' "$@"`);
  mkdirSync(join(reader.home, '.bitcoin'));
  writeFileSync(join(reader.home, '.bitcoin', 'bitcoin.conf'), `listen=0\n[regtest]\nrpcport=${rpcport}\n`);
  await reader.run('bitcoind -signet -server -daemonwait');
  const stopBitcoind = (): Promise<string> => {
    const pid = readFileSync(join(reader.home, '.bitcoin', 'regtest', 'bitcoind.pid'), 'utf8').trim();
    return reader.outside(`bitcoin-cli -regtest stop && while kill -0 ${pid} 2>/dev/null; do :; done`);
  };
  try {
    await reader.run('bitcoin-cli -signet -getinfo');
    await reader.outside('bitcoin-cli -regtest generatetodescriptor 1 "raw(6a)"');
    reader.file('~/.till/config');
    reader.file('~/.till/signet/config');

    const node = reader.begin('till start');
    await node.says('is up on regtest');
    const [seed_words, { stdout: log }] = [await reader.run('till seed'), await afterStop(reader, node)];
    assert.equal(seed_words.stdout.trim().split(' ').length, 24);
    assert.match(log, new RegExp(`^\\S+ INFO +blocks come from bitcoind at 127.0.0.1:${rpcport}, best block 1$`, 'm'));
    for (const line of linesShown(reader.text)) assert.match(log, line);

    await reader.run('till start --daemon --log-file=$HOME/till.log');
    const { p2tr } = JSON.parse((await reader.run('till newaddr')).stdout) as { p2tr: string };
    await reader.outside(`bitcoin-cli -regtest generatetoaddress 1 ${p2tr}`);
    await reader.outside('bitcoin-cli -regtest generatetodescriptor 100 "raw(6a)"');
    await reader.until('till getinfo', (info) => JSON.parse(info).blockheight === 102);
    const { outputs } = JSON.parse((await reader.run('till listfunds')).stdout);
    assert.deepEqual(
      outputs.map(({ status, address }: Record<string, string>) => [status, address]),
      [['confirmed', p2tr]],
    );

    const invoice = JSON.parse((await reader.run('till invoice 1000 coffee "1 cup of coffee"')).stdout);
    assert.match(invoice.warning_capacity, /^Insufficient incoming channel capacity/);
    const waiting = reader.begin('till waitinvoice coffee');
    assert.equal(JSON.parse(await reader.outside('till listinvoices coffee')).invoices[0].status, 'unpaid');
    await waiting.end();
  } finally {
    await reader.outside('till stop');
    await stopBitcoind();
  }

  const chain = new EmbeddedChain({ clock: systemClock });
  chain.mine(3, '6a');
  const esplora = await serveEsplora(chain);
  t.after(() => esplora.stop());
  reader.replace('URL', esplora.url);
  reader.env.TILL_DIR = join(reader.home, 'esplora');
  const other = reader.begin('till start --chain=esplora --esplora-url=URL');
  await other.says(`blocks come from Esplora at ${esplora.url}, best block 3`);
  await other.says('is up on regtest');
  await other.end();
  delete reader.env.TILL_DIR;

  const refused = await reader.runMentioned('till start --network=bitcoin');
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /SECURITY\.md, then add --accept-real-money-risk/);
  reader.assertAllFollowed();
});

/** The guide stops the node that runs in front, to start it in the background. */
async function afterStop(reader: Reader, node: { readonly ended: Promise<{ readonly stdout: string }> }) {
  await reader.run('till stop');
  return await node.ended;
}

/** The lines of the log that the guide shows, as patterns: other heights, ports, ids and places. */
function linesShown(guide: string): readonly RegExp[] {
  const [, lines = ''] = /```text\n([\s\S]*?)```/.exec(guide) ?? [];
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => {
      const pattern = line
        .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll(/[0-9a-f]{66}/g, '[0-9a-f]{66}')
        .replaceAll(/\b\d{3,}\b/g, '\\d+')
        .replace('signet', 'regtest')
        .replace('\\.\\.\\.', '.*');
      return new RegExp(`^\\S+ ${pattern}$`, 'm');
    });
}
