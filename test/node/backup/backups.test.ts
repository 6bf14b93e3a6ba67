/** What peers return of our backups, and the file that it goes into. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { channelKeysFromSeed, channelPublicKeys } from '../../../src/codec/tx/channel-keys.ts';
import { MAX_STORAGE_BYTES } from '../../../src/codec/wire/index.ts';
import { Backups, EMERGENCY_FILE, type SavedChannel } from '../../../src/node/backup/backups.ts';
import { openFromPeer, SHORT_COPY_BYTES } from '../../../src/node/backup/peer-copy.ts';
import { openBackups } from '../../../src/node/backup/static-backup.ts';
import { usablePair } from '../../protocol/channel/pair.ts';
import { testStore } from '../../support/test-store.ts';

const SEAL = {
  key: new Secret(new Uint8Array(32).fill(7)),
  network: 'regtest',
  channelPoints: (key_id: string) =>
    channelPublicKeys(channelKeysFromSeed(new Secret(Buffer.from(key_id.repeat(2), 'hex')))),
} as const;
const PEER = `02${'11'.repeat(32)}` as NodeId;
const { state } = usablePair().alice;
const OPEN: SavedChannel = { peer_id: PEER, key_id: '22'.repeat(16), state };
/** The peer has opened it, and no block holds its funding. */
const PROMISED: SavedChannel = {
  ...OPEN,
  state: {
    ...state,
    phase: 'opening',
    funding_confirmation: undefined,
    ready_sent: false,
    terms: { ...state.terms, opener: 'remote', minimum_depth: 3 },
  },
};

async function make(t: TestContext, channels: readonly SavedChannel[]) {
  const dir = mkdtempSync(join(tmpdir(), 'till-backups-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const store = testStore({ onFailure: (error) => assert.fail(error) });
  const log: string[] = [];
  const backups = new Backups({
    dir,
    seal: SEAL,
    store,
    randomBytes: secureRandomBytes,
    channels: { list: () => channels, recover: async () => {} },
    newScript: async () => '0014',
    callPeer: async () => {},
    log: { info: (text) => void log.push(text), warn: (text) => void log.push(text) },
  });
  return { dir, store, log, backups };
}

/** From now on the database knows the channel. */
async function know(store: ReturnType<typeof testStore>): Promise<void> {
  await store.commit([
    {
      sql: "INSERT INTO channels (channel_id, peer_id, key_id, state, is_closed) VALUES (?, 'peer', 'key', '', 0)",
      params: [state.terms.channel_id],
    },
  ]);
}

test('a channel that the database does not know goes into the file before anybody hears of it, once', async (t) => {
  const { backups: before } = await make(t, [OPEN]);
  const { backups, log, dir } = await make(t, []);
  assert.deepEqual(
    await Promise.all([1, 2].map(() => backups.returned(PEER, before.forPeers(MAX_STORAGE_BYTES), MAX_STORAGE_BYTES))),
    ['current', 'current'],
  );
  assert.deepEqual(
    openBackups(readFileSync(join(dir, EMERGENCY_FILE)), SEAL).map(({ terms }) => terms.channel_id),
    [state.terms.channel_id],
  );
  assert.equal(log.filter((line) => /returned a backup of 1 channel/.test(line)).length, 1);
  assert.equal(
    openFromPeer(backups.forPeers(MAX_STORAGE_BYTES), SEAL).length,
    1,
    'it is not taken from the peers before it is recovered',
  );
});

test('an older copy changes nothing, and is told from the current one', async (t) => {
  const { backups: before } = await make(t, []);
  const { backups, log, dir, store } = await make(t, [OPEN]);
  await know(store);
  assert.equal(await backups.returned(PEER, before.forPeers(MAX_STORAGE_BYTES), MAX_STORAGE_BYTES), 'other');
  assert.equal(await backups.returned(PEER, backups.forPeers(MAX_STORAGE_BYTES), MAX_STORAGE_BYTES), 'current');
  assert.deepEqual([log, existsSync(join(dir, EMERGENCY_FILE))], [[], false]);
});

test('peers keep nothing of a channel that costs its opener nothing', async (t) => {
  const channels = [PROMISED, OPEN];
  const { backups } = await make(t, channels);
  assert.equal(openFromPeer(backups.forPeers(MAX_STORAGE_BYTES), SEAL).length, 1);
  const content = backups.peerContent();
  assert.equal(backups.peerContent(), content);
  channels[0] = { ...OPEN, state: { ...state, terms: { ...state.terms, channel_id: 'ab'.repeat(32) as never } } };
  assert.notEqual(backups.peerContent(), content);
});

test('what is no backup of ours is reported, and replaced', async (t) => {
  const { backups, log } = await make(t, [OPEN]);
  assert.equal(await backups.returned(PEER, new Uint8Array(100), MAX_STORAGE_BYTES), 'unreadable');
  assert.match(log.join(), /returned something else/);
  const { backups: strange, log: silent } = await make(t, []);
  assert.equal(await strange.returned(PEER, new Uint8Array(100), MAX_STORAGE_BYTES), 'unreadable');
  assert.deepEqual(silent, [], 'a stranger fills no log');
});

test('a copy of another length is replaced, though it says the same', async (t) => {
  const channels = Array.from({ length: 5 }, (_, index): SavedChannel => {
    const terms = { ...state.terms, local_alias: `1x1x${index}` as never };
    return { ...OPEN, key_id: `${index}`.repeat(32), state: { ...state, terms } };
  });
  const { backups, store } = await make(t, channels);
  await know(store);
  const [long, short] = [MAX_STORAGE_BYTES, SHORT_COPY_BYTES].map((most) => backups.forPeers(most)) as [
    Uint8Array,
    Uint8Array,
  ];
  assert.deepEqual([long.length, short.length], [MAX_STORAGE_BYTES, SHORT_COPY_BYTES]);
  for (const [blob, most, copy] of [
    [long, MAX_STORAGE_BYTES, 'current'],
    [short, MAX_STORAGE_BYTES, 'other'],
    [short, SHORT_COPY_BYTES, 'current'],
  ] as const) {
    assert.equal(await backups.returned(PEER, blob, most), copy);
  }
});
