/** With whom we can talk: what a peer's init must say (BOLT 1, The init Message; BOLT 9). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FEATURE_BITS, type FeatureName } from '../../../src/base/types/features.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { INIT_FEATURES, initFault, ourInit } from '../../../src/node/peers/init.ts';

const network = NETWORKS.regtest;

function faultOf(bits: Iterable<number>, globalfeatures: Iterable<number> = []): string | undefined {
  const init = { type: 'init', globalfeatures: new Set(globalfeatures), features: new Set(bits) } as const;
  return initFault(init, INIT_FEATURES, network);
}

test('a node like us, and one that says nothing of what is assumed, can be talked to', () => {
  assert.equal(initFault(ourInit(INIT_FEATURES, network), INIT_FEATURES, network), undefined);
  assert.equal(faultOf([]), undefined);
  assert.equal(faultOf([FEATURE_BITS.basic_mpp + 1]), undefined);
});

test('a feature without the one that it needs is refused, whichever of the two bits says it', () => {
  const needs: readonly (readonly [FeatureName, FeatureName])[] = [
    ['option_zeroconf', 'option_scid_alias'],
    ['option_simple_close', 'option_shutdown_anysegwit'],
  ];
  for (const [feature, needed] of needs) {
    for (const how of [0, 1]) {
      const bit = FEATURE_BITS[feature] + how;
      assert.equal(faultOf([bit]), `the peer offers ${feature} without ${needed}, which it needs`);
      assert.equal(faultOf([], [bit]), `the peer offers ${feature} without ${needed}, which it needs`);
      assert.equal(faultOf([bit, FEATURE_BITS[needed]]), undefined);
      assert.equal(faultOf([bit], [FEATURE_BITS[needed] + 1]), undefined);
    }
  }
});

test('an unknown required feature, or another network, is refused', () => {
  assert.match(faultOf([998]) ?? '', /requires features that we do not have: 998/);
  assert.equal(faultOf([999]), undefined);
  const init = { ...ourInit(INIT_FEATURES, network), networks: [NETWORKS.bitcoin.chain_hash] };
  assert.match(initFault(init, INIT_FEATURES, network) ?? '', /not on regtest/);
});
