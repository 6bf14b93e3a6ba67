import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

test('docs/guide/when-a-channel-closes.md', async (t) => {
  const port = await freePort();
  const reader = new Reader('when-a-channel-closes');
  t.after(() => reader.close());
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());
  await reader.outside(`till start --daemon --log-file=log --addr=127.0.0.1:${port}`);
  const { id } = JSON.parse(await reader.outside('till getinfo'));
  const open = () => neighbour.opensChannel(reader, id, port, 200_000, 50_000_000);
  for (let count = 0; count < 3; count++) await open();
  const { channels } = JSON.parse((await reader.run('till listpeerchannels')).stdout);
  const [first, second, third] = channels.map((each: { channel_id: string }) => each.channel_id);

  const outcome = async (command: string, channel_id: string): Promise<string> => {
    reader.replace('CHANNEL_ID', channel_id);
    return JSON.parse((await reader.run(command)).stdout).type;
  };
  assert.equal(await outcome('till close CHANNEL_ID', first), 'mutual');
  assert.equal(await outcome('till close CHANNEL_ID 3600', second), 'mutual');
  assert.equal(await outcome(`till close -k id=CHANNEL_ID feerange='["slow","5000perkw"]'`, third), 'mutual');
  const states = await reader.outside(`till -F listpeerchannels | grep '\\.state='`);
  assert.doesNotMatch(states, /NORMAL/);
  await neighbour.mine(reader, 1);
  await reader.until('till listfunds', (text) => JSON.parse(text).outputs.length >= 3);
  reader.assertAllFollowed();
  await reader.outside('till stop');
});
