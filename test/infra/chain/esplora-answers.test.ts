/** What an Esplora server may answer that it should not. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Txid } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { ChainError } from '../../../src/infra/chain/backend.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { Esplora } from '../../../src/infra/chain/esplora.ts';
import { blockHash } from '../../../src/infra/chain/raw-block.ts';
import { COIN_SCRIPT, coinbaseOf, spendAll } from '../../support/coins.ts';

let server: Server;
let esplora: Esplora;
let answers: Record<string, string | Buffer | number>;

before(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''] ?? answers['*'] ?? 404;
    response.writeHead(typeof answer === 'number' ? answer : 200);
    response.end(typeof answer === 'number' ? '' : answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  esplora = new Esplora({ network: 'regtest', url: `http://127.0.0.1:${port}`, timeout_ms: 5000 });
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const GARBAGE = [
  '',
  'null',
  '7',
  '[]',
  '{}',
  '"x"',
  '<html></html>',
  '{"height":-1}',
  '{"height":"9"}',
  '{"height":1e99}',
];
const OUTPOINT = { txid: 'ab'.repeat(32) as Txid, vout: 0 };

test('garbage is an error of the source, whatever was asked', async () => {
  for (const garbage of GARBAGE) {
    answers = { '*': garbage };
    await assert.rejects(esplora.tip(), ChainError, `tip: ${garbage}`);
    await assert.rejects(esplora.blockHash(3), ChainError, `block hash: ${garbage}`);
    await assert.rejects(esplora.block('00'.repeat(32)), ChainError, `block: ${garbage}`);
    await assert.rejects(esplora.unspent(OUTPOINT), ChainError, `unspent: ${garbage}`);
    answers = { '/blocks/tip/hash': '12'.repeat(32), '*': garbage };
    await assert.rejects(esplora.tip(), ChainError, `tip's height: ${garbage}`);
  }
});

test('an output whose amount, script or spending cannot be is an error', async () => {
  const of = (output: object): string =>
    JSON.stringify({ vout: [output], status: { confirmed: true, block_height: 5 } });
  const good = { scriptpubkey: '0014', value: 5 };
  const path = `/tx/${OUTPOINT.txid}`;
  for (const output of [
    { ...good, value: -1 },
    { ...good, value: 1.5 },
    { ...good, value: '5' },
    { ...good, value: null },
    { ...good, scriptpubkey: 'xyz' },
    { value: 5 },
  ]) {
    answers = { [path]: of(output), [`${path}/outspend/0`]: '{"spent":false}' };
    await assert.rejects(esplora.unspent(OUTPOINT), ChainError, JSON.stringify(output));
  }
  answers = { [path]: of(good), [`${path}/outspend/0`]: '{}' };
  await assert.rejects(esplora.unspent(OUTPOINT), ChainError);
  answers = { [path]: of(good), [`${path}/outspend/0`]: '{"spent":false}' };
  assert.deepEqual(await esplora.unspent(OUTPOINT), { amount_sat: 5n, script_pubkey: '0014', height: 5 });
});

test('a block into which the server has put a payment is not believed', async () => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const { hash } = chain.mine(1, COIN_SCRIPT);
  const block = await chain.block(hash);
  const payment = spendAll(coinbaseOf(block), 500n);
  const forged = Buffer.concat([block, payment]);
  forged[80] = 2;
  assert.equal(blockHash(forged), hash);
  answers = { [`/block/${hash}/raw`]: forged };
  await assert.rejects(esplora.block(hash), /answered what cannot be/);
  answers = { [`/block/${hash}/raw`]: block };
  assert.deepEqual(await esplora.block(hash), block);
});

test('a package that bitcoind behind the server refuses is refused, though the server says 200', async () => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const parent = spendAll(coinbaseOf(await chain.block(chain.mine(1, COIN_SCRIPT).hash)), 0n);
  const results = { a: { txid: 'ab'.repeat(32), error: 'min relay fee not met, 0 < 110' } };
  answers = { '/txs/package': JSON.stringify({ package_msg: 'transaction failed', 'tx-results': results }) };
  assert.deepEqual(await esplora.broadcast([parent, spendAll(parent, 500n)]), {
    kind: 'rejected',
    reason: 'min relay fee not met, 0 < 110',
  });
  answers = { '/txs/package': '{}' };
  await assert.rejects(esplora.broadcast([parent, spendAll(parent, 500n)]), ChainError);
});

test('an older server without packages gets parent and child one by one', async () => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const parent = spendAll(coinbaseOf(await chain.block(chain.mine(1, COIN_SCRIPT).hash)), 500n);
  answers = { '/tx': 'txid' };
  assert.deepEqual(await esplora.broadcast([parent, spendAll(parent, 500n)]), { kind: 'accepted' });
});

test('estimates that are no numbers are none', async () => {
  answers = { '/fee-estimates': '{"1":"5","2":null,"3":{}}' };
  assert.equal(await esplora.feeratePerKw(6), undefined);
  answers = { '/fee-estimates': '{}' };
  assert.equal(await esplora.feeratePerKw(6), undefined);
});
