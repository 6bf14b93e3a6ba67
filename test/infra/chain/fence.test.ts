import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import { Gate } from '../../support/fenced-store.ts';

test('no transaction reaches the network from a node that may not speak', async () => {
  const clock = new ManualClock();
  const chain = new EmbeddedChain({ clock });
  const gate = new Gate();
  let handed_over = 0;
  chain.broadcast = async () => {
    handed_over++;
    return { kind: 'accepted' };
  };
  const follower = new ChainFollower(chain, { clock, poll_ms: 1000, onHealth: () => {}, fence: gate.fence });
  await follower.start();
  gate.shut();
  const broadcast = follower.broadcast([Buffer.from('00', 'hex')]);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(handed_over, 0);
  gate.open();
  assert.equal((await broadcast).kind, 'accepted');
  assert.equal(handed_over, 1);
  await follower.stop();
});
