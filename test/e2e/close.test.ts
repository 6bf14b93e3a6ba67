/** `close` where the peer is gone: what an operator does when it does not come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Market, until } from '../support/market.ts';

test('a channel whose peer is away is closed without it once the time given has passed', async () => {
  const market = await Market.open();
  try {
    const { shop, customer } = market;
    await market.openChannels(1, 1_000_000);
    const [channel] = await customer.usable();
    await shop.kill();
    await until(async () => (await customer.usable()).length === 0);
    const { type, txid } = await customer.ask('close', { id: channel?.channel_id as string, unilateraltimeout: 1 });
    assert.equal(type, 'unilateral');
    market.mine(1);
    await until(async () => {
      const { channels } = await customer.ask('listpeerchannels');
      return (channels as unknown as { state: string }[])[0]?.state === 'ONCHAIN';
    });
    await shop.start();
    await until(async () => {
      const { channels } = await shop.ask('listpeerchannels');
      const [theirs] = channels as unknown as { state: string; status: readonly string[] }[];
      return theirs?.state === 'ONCHAIN';
    });
    assert.match(txid as string, /^[0-9a-f]{64}$/);
  } finally {
    await market.close();
  }
});
