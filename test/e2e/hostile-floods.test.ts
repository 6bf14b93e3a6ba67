/** Floods of strangers against a node in a process of its own, whose memory is measured from outside. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import type { ChannelId, NodeId } from '../../src/base/types/brand.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import type { OpenChannel } from '../../src/codec/wire/index.ts';
import { ChildNode } from '../support/node-process.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { nodeIdOf, RawPeer } from './raw-peer.ts';

/** What a flood may leave behind: far more than it should, far less than what was sent. */
const MOST_GROWTH_MB = 120;
let node: ChildNode;
let node_id: NodeId;
let port: number;
let quiet: RawPeer;

before(async () => {
  node = await ChildNode.start(['--network=regtest']);
  const client = await connectToNode(node.rpc_file);
  const info = await client.call('getinfo', {});
  client.close();
  node_id = info.id as NodeId;
  port = Number(info.binding?.[0]?.port);
  quiet = await RawPeer.greet(port, node_id, 1_000);
});
after(async () => {
  quiet.destroy();
  await node.stop();
});

function rssMb(): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(node.pid)], { encoding: 'utf8' });
  return Number(stdout) / 1024;
}

/** Runs a flood; afterwards the node is as large as before, more or less, and others have noticed nothing. */
async function survives(flood: () => Promise<void>): Promise<void> {
  const before_mb = rssMb();
  await flood();
  await quiet.isHeard();
  const grown_mb = rssMb() - before_mb;
  assert.ok(grown_mb < MOST_GROWTH_MB, `the node grew by ${grown_mb.toFixed(0)} MB`);
}

test('pings that ask for much and are never read', TIMEOUT, async () => {
  await survives(async () => {
    const greedy = await RawPeer.greet(port, node_id);
    greedy.socket.pause();
    const ping = { type: 'ping', num_pong_bytes: 65_000, ignored: new Uint8Array(0) } as const;
    greedy.send(...Array.from({ length: 5_000 }, () => ping));
    greedy.socket.resume();
    assert.match(String(await greedy.lastWords()), /too many pings/);
    assert.ok(greedy.length_bytes < 10_000_000);
  });
});

test('a hundred megabytes of warnings and gossip', TIMEOUT, async () => {
  await survives(async () => {
    const channel_id = '00'.repeat(32) as ChannelId;
    const warning = { type: 'warning', channel_id, data: new Uint8Array(60_000).fill(65) } as const;
    const gossip = Buffer.concat([Uint8Array.of(1, 1), new Uint8Array(400)]);
    // So many on one connection are suffered, and not many more: see test/connections.
    for (let round = 0; round < 12; round++) {
      const loud = await RawPeer.greet(port, node_id);
      loud.send(...Array.from({ length: 60 }, () => warning));
      loud.send(...Array.from({ length: 5_000 }, () => gossip));
      await loud.isHeard();
      loud.destroy();
    }
  });
});

function openChannel(number: number): OpenChannel {
  const point = nodeIdOf(5);
  return {
    type: 'open_channel',
    chain_hash: NETWORKS.regtest.chain_hash as never,
    temporary_channel_id: number.toString(16).padStart(64, '0') as ChannelId,
    funding_satoshis: 1_000_000n as never,
    push_msat: 0n as never,
    dust_limit_satoshis: 354n as never,
    max_htlc_value_in_flight_msat: 1_000_000_000n as never,
    channel_reserve_satoshis: 10_000n as never,
    htlc_minimum_msat: 1n as never,
    feerate_per_kw: 1_000,
    to_self_delay: 144,
    max_accepted_htlcs: 30,
    funding_pubkey: point,
    revocation_basepoint: point,
    payment_basepoint: point,
    delayed_payment_basepoint: point,
    htlc_basepoint: point,
    first_per_commitment_point: point,
    channel_flags: 0,
    upfront_shutdown_script: '',
    channel_type: Uint8Array.of(0x40, 0x10, 0x00),
  };
}

test('open_channel without end: a few are answered, the others refused', TIMEOUT, async () => {
  await survives(async () => {
    const opener = await RawPeer.greet(port, node_id);
    const count = 3_000;
    opener.send(...Array.from({ length: count }, (_, index) => openChannel(index + 1)));
    const answers = () => opener.received.filter(({ type }) => type === 'accept_channel' || type === 'error').length;
    await opener.until(() => answers() === count);
    const accepted = opener.received.filter(({ type }) => type === 'accept_channel');
    assert.equal(accepted.length, 4);
    assert.match(opener.complaints.at(-1) as string, /too many openings/);
    opener.destroy();
    // What was begun went with the connection.
    const again = await RawPeer.greet(port, node_id);
    again.send(openChannel(1));
    await again.hears('accept_channel');
    again.destroy();
  });
});

test('two hundred strangers, each with openings that lead nowhere', TIMEOUT, async () => {
  await survives(async () => {
    const strangers: RawPeer[] = [];
    for (let number = 0; number < 200; number += 20) {
      const some = Array.from({ length: 20 }, (_, index) => RawPeer.greet(port, node_id, 2_000 + number + index));
      strangers.push(...(await Promise.all(some)));
    }
    await Promise.all(
      strangers.map(async (stranger) => {
        stranger.send(openChannel(1), openChannel(2));
        await stranger.hears('accept_channel');
        await stranger.hears('accept_channel');
      }),
    );
    await quiet.isHeard();
    for (const stranger of strangers) stranger.destroy();
  });
});

test('one stranger that connects and leaves, a thousand times', TIMEOUT, async () => {
  await survives(async () => {
    for (let round = 0; round < 20; round++) {
      const strangers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => RawPeer.meet(port, node_id, 3_000 + index)),
      );
      for (const stranger of strangers) stranger.destroy();
    }
  });
});

test('a message that never ends its frame holds no more than itself', TIMEOUT, async () => {
  await survives(async () => {
    const slow = await RawPeer.greet(port, node_id);
    slow.sendPart({ type: 'ping', num_pong_bytes: 1, ignored: new Uint8Array(60_000) }, 30_000);
    await quiet.isHeard();
    slow.destroy();
  });
});
