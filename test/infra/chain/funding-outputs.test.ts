/** Funding outputs that channels name by their place: looked at in their blocks, and by one search of all that is unspent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ChainBackend } from '../../../src/infra/chain/backend.ts';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { Esplora } from '../../../src/infra/chain/esplora.ts';
import { lookAtOutputs, type OutputPlace } from '../../../src/infra/chain/funding-outputs.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';
import { serveEsplora } from '../../support/esplora-server.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

function scriptOf(number: number): string {
  return `0020${Buffer.from(sha256(Buffer.from(`funding ${number}`))).toString('hex')}`;
}

/** The coinbase of block 1 pays script 1, and so on. */
function placeOf(height: number, changes: Partial<OutputPlace> = {}): OutputPlace {
  return { height, transaction_index: 0, vout: 0, script_pubkey: scriptOf(height), ...changes };
}

async function kindsOf(backend: ChainBackend, places: readonly OutputPlace[]): Promise<readonly string[]> {
  return (await lookAtOutputs(backend, places)).map(({ kind }) => kind);
}

async function isRight(backend: ChainBackend): Promise<void> {
  assert.deepEqual(
    await kindsOf(backend, [
      placeOf(3),
      placeOf(3, { script_pubkey: scriptOf(4) }),
      placeOf(3, { transaction_index: 1 }),
      placeOf(3, { vout: 7 }),
      placeOf(999),
    ]),
    ['unspent', 'other_script', 'gone', 'gone', 'gone'],
  );
  const [found] = await lookAtOutputs(backend, [placeOf(5)]);
  assert(found?.kind === 'unspent');
  assert.equal(found.amount_sat, 5_000_000_000n);
  const again = await backend.unspent({ txid: found.txid, vout: 0 });
  assert.equal(again?.script_pubkey, scriptOf(5));
}

test('in the blocks of the embedded chain', async () => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  for (let height = 1; height <= 10; height++) chain.mine(1, scriptOf(height));
  await isRight(chain);
  await chain.close();
});

test('at an Esplora server, one by one', async (t) => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  for (let height = 1; height <= 10; height++) chain.mine(1, scriptOf(height));
  const { url, stop } = await serveEsplora(chain);
  t.after(stop);
  const backend = new Esplora({ network: 'regtest', url, timeout_ms: 5_000 });
  await isRight(backend);
  await backend.close();
  await chain.close();
});

test('in the blocks of bitcoind, and all at once', { ...TIMEOUT, skip: bitcoindMissing }, async (t) => {
  const bitcoind = await BitcoindProcess.start();
  t.after(() => bitcoind.stop());
  for (let height = 1; height <= 120; height++) await bitcoind.mine(1, scriptOf(height));
  const backend = new Bitcoind({
    network: 'regtest',
    'bitcoin-rpcconnect': '127.0.0.1',
    'bitcoin-rpcport': bitcoind.rpcport,
    login: `${bitcoind.user}:${bitcoind.password}`,
    timeout_ms: 30_000,
  });
  t.after(() => backend.close());
  await isRight(backend);
  let searches = 0;
  const counted: ChainBackend = Object.assign(Object.create(backend) as ChainBackend, {
    searchScripts: (scripts: readonly string[]) => {
      searches++;
      return backend.searchScripts(scripts);
    },
  });
  const places = Array.from({ length: 120 }, (_, index) => placeOf(index + 1));
  const wrong = [placeOf(7, { vout: 1 }), placeOf(7, { height: 8 })];
  const found = await lookAtOutputs(counted, [...places, ...wrong]);
  assert.equal(searches, 1);
  assert.deepEqual(
    found.map(({ kind }) => kind),
    [...places.map(() => 'unspent'), 'gone', 'gone'],
  );
  const one = found[4];
  const [alone] = await lookAtOutputs(backend, [placeOf(5)]);
  assert.deepEqual(one, alone);
});
