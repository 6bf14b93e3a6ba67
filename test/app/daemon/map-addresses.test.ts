import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AskableMap, addressesInMap, learnFromMap } from '../../../src/app/daemon/map-addresses.ts';
import { readPeerAddresses, savePeerAddress } from '../../../src/app/daemon/peer-book.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { formatNetAddress } from '../../../src/node/peers/index.ts';
import type { NodeAddress } from '../../../src/protocol/gossip/addresses.ts';
import { openTestStore } from '../../support/test-store.ts';

const PEER = `02${'11'.repeat(32)}` as NodeId;
const STRANGER = `03${'22'.repeat(32)}` as NodeId;
const ONION: NodeAddress = { type: 'torv3', address: `${'a'.repeat(56)}.onion`, port: 9735 };
const IPV6: NodeAddress = { type: 'ipv6', address: '2001:db8::1', port: 9736 };
const NAME: NodeAddress = { type: 'dns', address: 'shop.example', port: 9737 };

/** A map in which one node announced these. */
function mapWith(addresses: readonly NodeAddress[]): AskableMap {
  const details = { alias: '', color: '000000', last_timestamp: 1, features: '', addresses };
  const ask = async (name: string, { id }: { id: NodeId }) => {
    assert.equal(name, 'nodes');
    return { entries: id === PEER ? [{ nodeid: PEER, details }] : [], next: undefined };
  };
  return { ask: ask as AskableMap['ask'] };
}

async function openStore(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'till-map-'));
  const store = await openTestStore({
    directory,
    onFailure: (error) => {
      throw error;
    },
  });
  t.after(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

test('the map tells what a node announced, in its order, and onion services only where a proxy reaches them', async () => {
  const map = mapWith([ONION, IPV6, NAME]);
  const texts = async (has_proxy: boolean) => (await addressesInMap(map, PEER, has_proxy)).map(formatNetAddress);
  assert.deepEqual(await texts(false), ['[2001:db8::1]:9736', 'shop.example:9737']);
  assert.deepEqual(await texts(true), [`${ONION.address}:9735`, '[2001:db8::1]:9736', 'shop.example:9737']);
  assert.deepEqual(await addressesInMap(map, STRANGER, true), []);
});

test('a peer that called us is found at the address that it announced: kept, in the backup, and called again', async (t) => {
  const store = await openStore(t);
  const found: string[] = [];
  const called: string[] = [];
  const unknown = new Set([PEER, STRANGER]);
  const learner = {
    store,
    has_proxy: false,
    backups: {
      withoutAddress: () => [...unknown],
      foundAt: (node_id: NodeId, address: string) => {
        unknown.delete(node_id);
        found.push(`${node_id}@${address}`);
      },
    },
    keepConnected: (node_id: NodeId) => void called.push(node_id),
  };
  await learnFromMap({ ...learner, map: mapWith([]) });
  assert.deepEqual([found, called], [[], []]);
  await learnFromMap({ ...learner, map: mapWith([NAME]) });
  await learnFromMap({ ...learner, map: mapWith([IPV6]) });
  assert.deepEqual([found, called], [[`${PEER}@shop.example:9737`], [PEER]]);
  assert.deepEqual((await readPeerAddresses(store)).get(PEER)?.map(formatNetAddress), ['shop.example:9737']);
});

test('where a peer was reached, or the operator says that it is, counts more than what it announced', async (t) => {
  const store = await openStore(t);
  const reached = { host: '127.0.0.1', port: 9735 };
  await savePeerAddress(store, PEER, reached, 'reached');
  const known = await savePeerAddress(store, PEER, { host: 'shop.example', port: 9737 }, 'announced');
  assert.deepEqual(known.map(formatNetAddress), ['127.0.0.1:9735', 'shop.example:9737']);
});
