/** What bitcoind may answer when it starts, stops, prunes or is out of order, served by a stand-in over HTTP. */
import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { NETWORKS, type NetworkName } from '../../../src/base/types/network.ts';
import { ChainError } from '../../../src/infra/chain/backend.ts';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { FEERATE_FLOOR_PER_KW } from '../../../src/infra/chain/source.ts';
import { COIN_SCRIPT, coinbaseOf, spendAll } from '../../support/coins.ts';

type Answer = (method: string, response: ServerResponse) => void;

let server: Server;
let answer: Answer;
let bitcoind: Bitcoind;
let transaction: Buffer;

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      answer((JSON.parse(Buffer.concat(chunks).toString()) as { method: string }).method, response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  transaction = spendAll(coinbaseOf(await chain.block(chain.mine(1, COIN_SCRIPT).hash)), 500n);
  bitcoind = open();
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function open({ network = 'regtest' as NetworkName, timeout_ms = 5000 } = {}): Bitcoind {
  return new Bitcoind({
    network,
    'bitcoin-rpcconnect': '127.0.0.1',
    'bitcoin-rpcport': (server.address() as AddressInfo).port,
    login: 'till:x',
    timeout_ms,
  });
}

const says =
  (status: number, body: unknown): Answer =>
  (_method, response) => {
    response.writeHead(status);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const fails = (code: number, message: string): Answer =>
  says(500, { result: null, error: { code, message }, id: 'till' });

const NO_VERDICTS: readonly (readonly [string, Answer])[] = [
  ['it loads its index', fails(-28, 'Loading block index…')],
  ['its memory is full', fails(-7, 'Out of memory')],
  ['its database fails', fails(-20, 'Database error')],
  ['it fails inside', fails(-32603, 'internal error')],
  ['its queue is full', says(503, 'Work queue depth exceeded')],
  ['a proxy answers for it', says(502, '<html>Bad Gateway</html>')],
  ['it answers null', says(200, 'null')],
  ['it answers a number', says(200, '7')],
  ['it answers nothing', says(200, '')],
  ['it answers an error without a code', says(500, { result: null, error: 'oh' })],
  ['it hangs up', (_method, response) => response.destroy()],
  [
    'it hangs up in the middle',
    (_method, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"result":');
      setImmediate(() => response.destroy());
    },
  ],
];
for (const [what, say] of NO_VERDICTS) {
  test(`when ${what}, nothing is said of the transaction: it is neither taken nor refused`, async () => {
    answer = say;
    await assert.rejects(bitcoind.broadcast([transaction]), ChainError);
    await assert.rejects(bitcoind.broadcast([transaction, transaction]), ChainError);
    await assert.rejects(bitcoind.tip(), ChainError);
    await assert.rejects(bitcoind.blockHash(5), ChainError);
  });
}

test('a verdict on a transaction is one', async () => {
  for (const code of [-22, -25, -26]) {
    answer = fails(code, 'bad-txns');
    assert.deepEqual(await bitcoind.broadcast([transaction]), { kind: 'rejected', reason: 'bad-txns' });
  }
  for (const [code, message] of [
    [-27, 'Transaction already in block chain'],
    [-26, 'txn-already-in-mempool'],
    [-27, 'Transaction outputs already in utxo set'],
  ] as const) {
    answer = fails(code, message);
    assert.deepEqual(await bitcoind.broadcast([transaction]), { kind: 'known' });
  }
});

test('what the mempool asks for now is never less than what is relayed at all', async () => {
  answer = says(200, { result: { mempoolminfee: 0.00001, minrelaytxfee: 0.00001 }, id: 'till' });
  assert.equal(await bitcoind.mempoolMinimumPerKw(), 250);
  answer = says(200, { result: { mempoolminfee: 0.00012345, minrelaytxfee: 0.00001 }, id: 'till' });
  assert.equal(await bitcoind.mempoolMinimumPerKw(), 3087);
});

test('a regtest without an estimate costs the least that is relayed; elsewhere no estimate is none', async () => {
  answer = says(200, { result: { errors: ['Insufficient data or no feerate found'], blocks: 2 }, id: 'till' });
  assert.equal(await bitcoind.feeratePerKw(2), FEERATE_FLOOR_PER_KW);
  assert.equal(await open({ network: 'signet' }).feeratePerKw(2), undefined);
  answer = says(200, { result: { feerate: 0.00008, blocks: 2 }, id: 'till' });
  assert.equal(await bitcoind.feeratePerKw(2), 2000);
});

test('an answer that never comes ends in time', async () => {
  answer = () => {};
  await assert.rejects(open({ timeout_ms: 50 }).tip(), /no answer within 50 ms/);
});

test('what waits for an answer ends when the node stops', async () => {
  const asked = Promise.withResolvers<void>();
  answer = () => asked.resolve();
  const closing = open();
  const ends = assert.rejects(closing.tip(), ChainError);
  await asked.promise;
  await closing.close();
  await ends;
});

test('a bitcoind that starts is one to wait for, and a pruned block is one that never comes', async () => {
  answer = fails(-28, 'Verifying blocks…');
  await assert.rejects(bitcoind.open(), (error) => error instanceof ChainError && error.is_starting);
  answer = fails(-1, 'Block not available (pruned data)');
  await assert.rejects(
    bitcoind.block('00'.repeat(32)),
    (error) => error instanceof ChainError && error.is_pruned && /getblockfrompeer 0{64} /.test(error.message),
  );
  answer = fails(-5, 'Block not found');
  await assert.rejects(bitcoind.block('00'.repeat(32)), (error) => error instanceof ChainError && !error.is_pruned);
});

test('a connection that bitcoind has closed meanwhile is opened again, without a word', async () => {
  const tip = { blocks: 3, bestblockhash: 'ab'.repeat(32) };
  let asked = 0;
  answer = (_method, response) => {
    // The second request comes on a connection that the server gives up at that moment.
    if (++asked === 2) response.socket?.resetAndDestroy();
    else response.end(JSON.stringify({ result: tip, error: null }));
  };
  const reused = open();
  await reused.tip();
  assert.equal((await reused.tip()).height, 3);
  assert.equal(asked, 3);
});

test('a chain of the right name with another genesis block is refused', async () => {
  const genesis = Buffer.from(NETWORKS.signet.chain_hash, 'hex').reverse().toString('hex');
  answer = (method, response) =>
    response.end(JSON.stringify({ result: method === 'getblockhash' ? genesis : { chain: 'regtest' }, error: null }));
  await assert.rejects(bitcoind.open(), /another genesis block/);
});
