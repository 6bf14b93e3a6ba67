/** A pair is upgraded as the guide says, to a Till with one more migration, while its shop sells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import { postgresMissing } from '../support/postgres.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Scene, type Side } from './scene.ts';
import { Trade } from './trade.ts';

const SALES = 6;
const LANES = 3;

test('a pair is upgraded without a gap, and an older node neither migrates nor stands in the way', {
  ...TIMEOUT,
  skip: postgresMissing ?? false,
}, async () => {
  // Nobody waits for a lease to run out here: each sale below was made without that.
  const scene = await Scene.open({ lease_seconds: 60 });
  const { front, back } = scene.nodes;
  const trade = new Trade(scene.front, scene.consumer, scene.customer, scene.ledger, 'upgrade');
  const schema = async (): Promise<number> =>
    Number((await scene.sql('SELECT version FROM schema_version'))[0]?.version);
  const switchTo = async (side: Side): Promise<void> => {
    const signal = new AbortController().signal;
    await scene.front.ask('switchover', {}, { signal, is_repeatable: false }).catch(() => {
      // The answer may be lost with the node that gives it.
    });
    await scene.until(async () => (await scene.active()) === side);
    await trade.more(SALES);
  };
  try {
    trade.start(LANES);
    await trade.more(SALES);
    assert.equal(await scene.active(), 'front');
    const older = await schema();

    await back.stop();
    scene.upgrade('back');
    await back.start();
    await trade.more(SALES);
    assert.equal(await schema(), older, 'the newer node changes nothing while it waits');

    await switchTo('back');
    assert.equal(await schema(), older + 1, 'it brings the database to its version when it takes over');

    await front.stop();
    // It is started again and again, as by a service, and ends each time.
    void front.start();
    await scene.until(async () => front.log.includes('made by a newer Till'));
    back.signal('SIGKILL');
    await trade.more(SALES);
    assert.equal(await scene.active(), 'back', 'the newer node is back, and has its lease again');

    await front.stop();
    scene.upgrade('front');
    await front.start();
    await trade.more(SALES);
    await switchTo('front');
    await trade.stop();
    const shop = await connectToNode(front.socket);
    await scene.ledger.check(shop, scene.customer).finally(() => shop.close());
  } finally {
    await scene.close();
  }
});
