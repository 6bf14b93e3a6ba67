/** What a channel's row is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelFeatures, channelTypeRow } from '../../../src/api/commands/peer-channel.ts';

test('a channel shows its kind in both spellings', () => {
  const plain = { option_scid_alias: false, option_zeroconf: false };
  assert.deepEqual(channelFeatures(plain), ['option_static_remotekey', 'option_anchors']);
  assert.deepEqual(channelTypeRow(plain).bits, [12, 22]);
  const shy = { option_scid_alias: true, option_zeroconf: true };
  assert.deepEqual(channelFeatures(shy).slice(2), ['option_scid_alias', 'option_zeroconf']);
  assert.deepEqual(channelTypeRow(shy), {
    bits: [12, 22, 46, 50],
    names: ['static_remotekey/even', 'anchors/even', 'scid_alias/even', 'zeroconf/even'],
  });
});
