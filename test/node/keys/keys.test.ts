import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { formatAddress } from '../../../src/base/types/address.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { Keys } from '../../../src/node/keys/keys.ts';
import {
  isReminderDue,
  loadWords,
  markShown,
  readPassphrase,
  SEED_FILE,
  SeedError,
  seedOf,
} from '../../../src/node/keys/seed-file.ts';
import { scriptOf } from '../../../src/node/wallet/coin.ts';

const WORDS = `${'abandon '.repeat(11)}about`;
const random = (length: number): Uint8Array => new Uint8Array(length).fill(7);

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'till-keys-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('addresses are those that BIP 84 and BIP 86 give for their test words', () => {
  const keys = new Keys(seedOf(new Secret(WORDS), new Secret('')), NETWORKS.bitcoin);
  const address = (kind: 'bech32' | 'p2tr', change: 0 | 1, index: number): string | undefined =>
    formatAddress(toHex(scriptOf(keys, { kind, change, index })), NETWORKS.bitcoin);
  assert.equal(address('bech32', 0, 0), 'bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu');
  assert.equal(address('bech32', 0, 1), 'bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g');
  assert.equal(address('bech32', 1, 0), 'bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el');
  assert.equal(address('p2tr', 0, 0), 'bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr');
  assert.equal(address('p2tr', 0, 1), 'bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh');
  assert.equal(address('p2tr', 1, 0), 'bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7');
});

test('the seed is that of BIP 39 for any words and any passphrase', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'é', 'e\u0301', 'Å', '\ufb01', '한글')),
      (entropy, passphrase) => {
        const words = entropyToMnemonic(entropy, wordlist);
        const seed = seedOf(new Secret(words), new Secret(passphrase)).reveal();
        assert.equal(toHex(seed), toHex(mnemonicToSeedSync(words, passphrase)));
      },
    ),
    { numRuns: 20 },
  );
});

test('the same words always give the same node, and a passphrase or a network another', () => {
  const of = (words: string, passphrase: string, network: 'regtest' | 'bitcoin'): string =>
    new Keys(seedOf(new Secret(words), new Secret(passphrase)), NETWORKS[network]).node_id;
  // Whoever changes a path changes who every node is.
  assert.equal(of(WORDS, '', 'regtest'), '03d2c8009fdfe0cafeb2a0fbda5ade4699053c2e0b6e38e4cf7590bd9c0ab34b51');
  assert.notEqual(of(WORDS, 'x', 'regtest'), of(WORDS, '', 'regtest'));
  assert.notEqual(of(WORDS, '', 'bitcoin'), of(WORDS, '', 'regtest'));
});

test('the node signs with the key that is its id', () => {
  const keys = new Keys(seedOf(new Secret(WORDS), new Secret('')), NETWORKS.regtest);
  const digest = new Uint8Array(32).fill(1);
  assert.ok(curve.verify(keys.signAsNode(digest), digest, fromHex(keys.node_id)));
  const { signature, recovery_id } = keys.signRecoverable(digest);
  assert.equal(toHex(curve.recover(signature, recovery_id, digest) as Uint8Array), keys.node_id);
});

test('channels have keys of their own', () => {
  const keys = new Keys(seedOf(new Secret(WORDS), new Secret('')), NETWORKS.regtest);
  const one = keys.channelSigner('aa'.repeat(16)).public_keys;
  const other = keys.channelSigner('bb'.repeat(16)).public_keys;
  assert.deepEqual(keys.channelSigner('aa'.repeat(16)).public_keys, one);
  assert.equal(new Set([...Object.values(one), ...Object.values(other)]).size, 10);
});

test('a seed is made once, whole, and for its owner alone', (t) => {
  const dir = directory(t);
  const words = loadWords(dir, random);
  assert.equal(words.reveal().split(' ').length, 24);
  assert.equal(loadWords(dir, () => new Uint8Array(32).fill(8)).reveal(), words.reveal());
  assert.equal(statSync(join(dir, SEED_FILE)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), [SEED_FILE]);
  writeFileSync(join(dir, SEED_FILE), readFileSync(join(dir, SEED_FILE)), { mode: 0o644 });
});

test('a damaged seed is refused without a word of it in the error', (t) => {
  const dir = directory(t);
  writeFileSync(join(dir, SEED_FILE), WORDS.replace('about', 'abandon'));
  assert.throws(
    () => loadWords(dir, random),
    (error) => error instanceof SeedError && !error.message.includes('abandon'),
  );
});

test('the seed is shown once', (t) => {
  const dir = directory(t);
  assert.equal(markShown(dir), false);
  assert.equal(markShown(dir), true);
});

test('a passphrase file is read without its line end; one that is not there is named', (t) => {
  const dir = directory(t);
  writeFileSync(join(dir, 'p'), 'open sesame\n');
  assert.equal(readPassphrase(join(dir, 'p')).reveal(), 'open sesame');
  assert.throws(() => readPassphrase(join(dir, 'q')), /passphrase file .*q cannot be read \(ENOENT\)/);
});

test('no way of printing shows a secret', () => {
  const keys = new Keys(seedOf(new Secret(WORDS), new Secret('')), NETWORKS.regtest);
  const key = toHex(keys.node_key.reveal());
  for (const text of [inspect(keys, { depth: 9 }), JSON.stringify(keys), `${keys.node_key}`]) {
    assert.ok(!text.includes(key) && !text.includes(key.slice(0, 16)));
  }
});

test('that nobody has written the words down is said at the first start, then once a week, and never once they were shown', (t) => {
  const dir = directory(t);
  const now_ms = Date.now();
  const day_ms = 24 * 3_600_000;
  assert.equal(isReminderDue(dir, now_ms), true);
  assert.equal(isReminderDue(dir, now_ms), false, 'not at every start');
  assert.equal(isReminderDue(dir, now_ms + 6 * day_ms), false);
  assert.equal(isReminderDue(dir, now_ms + 8 * day_ms), true);
  markShown(dir);
  assert.equal(isReminderDue(dir, now_ms + 80 * day_ms), false);
});
