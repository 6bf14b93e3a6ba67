import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { Keys } from '../../../src/node/keys/keys.ts';
import { seedOf } from '../../../src/node/keys/seed-file.ts';
import { SignedMessageError, signerOf, signMessage } from '../../../src/node/keys/signed-message.ts';

/** Signatures that people published, made by LND and Core Lightning; they are in Core Lightning's tests. */
const PUBLISHED = [
  [
    'is this compatible?',
    'rbgfioj114mh48d8egqx8o9qxqw4fmhe8jbeeabdioxnjk8z3t1ma1hu1fiswpakgucwwzwo6ofycffbsqusqdimugbh41n1g698hr9t',
    '02b80cabdf82638aac86948e4c06e82064f547768dcef977677b9ea931ea75bab5',
  ],
  [
    'hi',
    'rnrphcjswusbacjnmmmrynh9pqip7sy5cx695h6mfu64iac6qmcmsd8xnsyczwmpqp9shqkth3h4jmkgyqu5z47jfn1q7gpxtaqpx4xg',
    '02de60d194e1ca5947b59fe8e2efd6aadeabfb67f2e89e13ae1a799c1e08e4a43b',
  ],
  [
    'hi',
    'ry8bbsopmduhxy3dr5d9ekfeabdpimfx95kagdem7914wtca79jwamtbw4rxh69hg7n6x9ty8cqk33knbxaqftgxsfsaeprxkn1k48p3',
    '022b8ece90ee891cbcdac0c1cc6af46b73c47212d8defbce80265ac81a6b794931',
  ],
  [
    'testcase to check new rpc error',
    'd66bqz3qsku5fxtqsi37j11pci47ydxa95iusphutggz9ezaxt56neh77kxe5hyr41kwgkncgiu94p9ecxiexgpgsz8daoq4tw8kj8yx',
    '03be3b0e9992153b1d5a6e1623670b6c3663f72ce6cf2e0dd39c0a373a7de5a3b7',
  ],
] as const;

test('signatures of other nodes yield their keys, and with another text another key', () => {
  for (const [message, zbase, node_id] of PUBLISHED) {
    assert.equal(signerOf(message, zbase), node_id);
    assert.notEqual(signerOf(`${message}modified`, zbase), node_id);
  }
});

test('what the node signs yields its own key', () => {
  const keys = new Keys(seedOf(new Secret(`${'abandon '.repeat(11)}about`), new Secret('')), NETWORKS.regtest);
  for (const message of ['', 'coffee', '☕ é', 'x'.repeat(65_535)]) {
    const { zbase, signature, recid } = signMessage(keys, message);
    assert.equal(signerOf(message, zbase), keys.node_id);
    assert.equal(zbase.length, 104);
    assert.match(signature, /^[0-9a-f]{128}$/);
    assert.match(recid, /^0[0-3]$/);
  }
});

test('what is no signature is refused in Core Lightning’s words', () => {
  const [[message, zbase]] = PUBLISHED;
  const refused = (text: string, why: string): void =>
    assert.throws(() => signerOf(message, text), { name: SignedMessageError.name, message: why });
  refused('wrong zbase format', 'zbase is not valid zbase32');
  refused('', 'zbase is too short');
  refused(zbase.slice(0, 96), 'zbase is too short');
  refused(`${zbase}yyyyyyyy`, 'zbase is too long');
  refused('y'.repeat(104), 'cannot parse zbase signature');
});

test('numbers that are no signature yield no key', () => {
  // 31, and 64 bytes of zero: r and s must not be zero.
  assert.equal(signerOf('hi', `d6${'y'.repeat(102)}`), undefined);
});
