/** Who has a place, who is called again, and how addresses are reached. Real sockets, or streams in memory; a clock by hand. */
import assert from 'node:assert/strict';
import { connect, createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import type { ChannelId, NodeId } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { Features } from '../../../src/base/types/features.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { type Dial, INIT_FEATURES, type NetAddress, netDial, Peers } from '../../../src/node/peers/index.ts';
import { MAX_STRANGERS } from '../../../src/node/peers/limits.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

const keyOf = (name: string): Uint8Array => sha256(Buffer.from(name));
const idOf = (name: string): NodeId => toHex(curve.publicKey(keyOf(name))) as NodeId;

interface Made {
  readonly peers: Peers;
  readonly clock: ManualClock;
  readonly connected: Set<NodeId>;
  readonly reasons: string[];
  /** Nodes that would not talk to us, as the operator is told. */
  readonly refused: string[];
  /** How many messages were handed on. */
  readonly messages: number;
  until(isSo: () => boolean): Promise<void>;
  passUntil(step_ms: number, isSo: () => boolean): Promise<void>;
}

interface MakeOptions {
  readonly dial?: Dial;
  readonly channels?: ReadonlySet<NodeId>;
  readonly features?: Features;
}

function make(t: TestContext, name: string, options: MakeOptions = {}): Made {
  const clock = new ManualClock();
  const connected = new Set<NodeId>();
  const reasons: string[] = [];
  const refused: string[] = [];
  let messages = 0;
  let number = 0;
  const peers = new Peers({
    static_key: new Secret(keyOf(name)),
    network: NETWORKS.regtest,
    features: options.features ?? INIT_FEATURES,
    host: {
      peerConnected: ({ node_id }) => void connected.add(node_id),
      peerDisconnected: ({ node_id }) => void connected.delete(node_id),
      message: () => {
        messages++;
      },
    },
    hasChannel: (node_id) => options.channels?.has(node_id) ?? false,
    dial: options.dial ?? netDial(),
    clock,
    randomBytes: (length) => sha256(Buffer.from(`${name} ${number++}`)).slice(0, length),
    log: (event, fields) => {
      reasons.push(String(fields.reason ?? ''));
      if (event === 'peer_refused') refused.push(`${fields.node_id} ${fields.reason}`);
    },
  });
  t.after(() => peers.close());
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      t.signal.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Time passes, a step at a time, with a turn of the event loop after each: without one not even a time limit would end it. */
  const passUntil = async (step_ms: number, isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      t.signal.throwIfAborted();
      clock.advance(step_ms);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    peers,
    clock,
    passUntil,
    connected,
    reasons,
    refused,
    until,
    get messages() {
      return messages;
    },
  };
}

async function listening(t: TestContext, server: Server, host = '127.0.0.1'): Promise<NetAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, resolve);
  });
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return { host, port: (server.address() as { port: number }).port };
}

test(
  'strangers may fill all places but those of nodes with a channel, and no host keeps the others out',
  TIMEOUT,
  async (t) => {
    const lsp = idOf('with a channel');
    const shop = make(t, 'shop', { channels: new Set([lsp]) });
    // Where a connection comes from is told by its first byte, so that one machine can be many.
    const server = createServer((socket) => {
      socket.once('readable', () => {
        const [byte] = socket.read(1) as Buffer;
        shop.peers.accept(socket, `host ${byte}`);
      });
    });
    const address = await listening(t, server);
    const from =
      (host: number): Dial =>
      (to) =>
        new Promise((resolve, reject) => {
          const socket = connect({ ...to, noDelay: true });
          socket.once('error', reject);
          socket.once('connect', () => {
            socket.write(Buffer.of(host));
            resolve(socket);
          });
        });
    const arrive = async (name: string, host: number): Promise<void> => {
      await make(t, name, { dial: from(host) }).peers.connect(idOf('shop'), address);
    };

    for (let count = 0; count < MAX_STRANGERS; count++) await arrive(`stranger ${count}`, 1);
    await shop.until(() => shop.connected.size === MAX_STRANGERS);

    await arrive('one more', 1);
    await shop.until(() => shop.reasons.includes('too many peers are connected'));
    assert.ok(!shop.connected.has(idOf('one more')));

    await arrive('from elsewhere', 2);
    await shop.until(() => shop.connected.has(idOf('from elsewhere')));
    await shop.until(() => shop.connected.size === MAX_STRANGERS);
    assert.ok(!shop.connected.has(idOf('stranger 0')), 'the oldest of the many made room');

    await arrive('with a channel', 1);
    await shop.until(() => shop.connected.has(lsp));
    assert.equal(shop.connected.size, MAX_STRANGERS + 1);
  },
);

test('a second connection of a peer takes the place of the first', TIMEOUT, async (t) => {
  const shop = make(t, 'shop');
  const at = await shop.peers.listen({ host: '127.0.0.1', port: 0 });
  const first = make(t, 'peer');
  await first.peers.connect(idOf('shop'), at);
  await shop.until(() => shop.connected.has(idOf('peer')));
  const second = make(t, 'peer');
  await second.peers.connect(idOf('shop'), at);
  await first.until(() => first.connected.size === 0);
  assert.ok(shop.connected.has(idOf('peer')));
  assert.ok(second.connected.has(idOf('shop')));
});

test(
  'a peer that was kept is called again, less and less often, and at once in the beginning once it was there',
  TIMEOUT,
  async (t) => {
    const calls: number[] = [];
    const target = make(t, 'target');
    const at = await target.peers.listen({ host: '127.0.0.1', port: 0 });
    let isThere = false;
    const real = netDial();
    const caller = make(t, 'caller', {
      dial: (address, signal) => {
        calls.push(caller.clock.monotonicMs());
        return isThere ? real(address, signal) : Promise.reject(new Error('nobody is there'));
      },
    });
    const begun_ms = caller.clock.monotonicMs();
    caller.peers.keepConnected(idOf('target'), [at]);
    for (let second = 0; second < 3_600; second++) {
      caller.clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const waits = calls.map((ms, index) => ms - (calls[index - 1] ?? begun_ms));
    assert.ok(calls.length > 12 && calls.length < 40, `${calls.length} calls in an hour`);
    // Doubling from one second, times a factor from 0.5 to 1.5; seen once a second.
    for (const [index, wait_ms] of waits.entries()) {
      if (index === 0) continue;
      const fair_ms = Math.min(1_000 * 2 ** (index - 1), 300_000);
      assert.ok(wait_ms >= fair_ms * 0.5 && wait_ms <= fair_ms * 1.5 + 2_000, `wait ${index} was ${wait_ms} ms`);
    }

    isThere = true;
    const so_far = calls.length;
    await caller.passUntil(10_000, () => calls.length > so_far);
    await caller.until(() => caller.connected.has(idOf('target')));
    // A connection that lasted a minute was good: the next call comes soon.
    for (let count = 0; count < 4; count++) {
      caller.clock.advance(16_000);
      await caller.peers.find(idOf('target'))?.ping(1, 0);
    }
    isThere = false;
    const before = calls.length;
    target.peers.disconnect(idOf('caller'), 'the test wants it');
    await caller.until(() => caller.connected.size === 0);
    caller.clock.advance(1_500);
    await caller.until(() => calls.length > before);
    caller.peers.letGo(idOf('target'));
    const last = calls.length;
    caller.clock.advance(3_600_000);
    assert.equal(calls.length, last, 'let go, it is not called any more');
  },
);

test('a peer that answers and goes again and again is called every quarter of a minute', TIMEOUT, async (t) => {
  const target = make(t, 'target');
  const at = await target.peers.listen({ host: '127.0.0.1', port: 0 });
  const calls: number[] = [];
  const real = netDial();
  const caller = make(t, 'caller', {
    dial: (address, signal) => {
      calls.push(caller.clock.monotonicMs());
      return real(address, signal);
    },
  });
  caller.peers.keepConnected(idOf('target'), [at]);
  for (let round = 0; round < 12; round++) {
    await caller.passUntil(100, () => calls.length > round);
    await caller.until(() => caller.connected.has(idOf('target')));
    await target.until(() => target.connected.has(idOf('caller')));
    target.peers.disconnect(idOf('caller'), 'the test wants it');
    await caller.until(() => caller.connected.size === 0);
  }
  const waits = calls.slice(1).map((ms, index) => ms - (calls[index] as number));
  assert.ok((waits[0] as number) <= 1_600, 'at first soon');
  assert.ok(
    waits.slice(5).every((wait_ms) => wait_ms >= 8_000 && wait_ms <= 24_100),
    `${waits}`,
  );
});

test('each side of a connection learns where the other sees it', TIMEOUT, async (t) => {
  const shop = make(t, 'shop');
  const at = await shop.peers.listen({ host: '127.0.0.1', port: 0 });
  const caller = make(t, 'caller');
  const peer = await caller.peers.connect(idOf('shop'), at);
  await shop.until(() => shop.connected.has(idOf('caller')));
  assert.equal(peer.remote_addr, shop.peers.find(idOf('caller'))?.address, 'what the shop sees');
  assert.equal(shop.peers.find(idOf('caller'))?.remote_addr, undefined, 'who is called knows where');
});

test('gossip that cannot be read costs no connection, whoever wrote it', TIMEOUT, async (t) => {
  const shop = make(t, 'shop');
  const at = await shop.peers.listen({ host: '127.0.0.1', port: 0 });
  const peer = await make(t, 'peer').peers.connect(idOf('shop'), at);
  const key = idOf('anybody');
  const signature = '01'.repeat(64);
  peer.send([
    {
      type: 'channel_announcement',
      node_signature_1: signature,
      node_signature_2: signature,
      bitcoin_signature_1: signature,
      bitcoin_signature_2: signature,
      features: new Set([20_001]),
      chain_hash: NETWORKS.regtest.chain_hash,
      short_channel_id: '1x2x3' as ShortChannelId,
      node_id_1: key,
      node_id_2: key,
      bitcoin_key_1: key,
      bitcoin_key_2: key,
      excess: new Uint8Array(0),
    },
    { type: 'warning', channel_id: '00'.repeat(32) as ChannelId, data: Buffer.from('still here') },
  ]);
  await shop.until(() => shop.messages === 1);
  assert.ok(shop.connected.has(idOf('peer')));
});

test(
  'a node that we want and that does not come to terms with us is told to the operator, once',
  TIMEOUT,
  async (t) => {
    const shop = make(t, 'shop');
    const demanding = make(t, 'demanding', { features: new Set([...INIT_FEATURES, 2_000]) });
    const at = await demanding.peers.listen({ host: '127.0.0.1', port: 0 });
    for (let call = 0; call < 2; call++) {
      await assert.rejects(shop.peers.connect(idOf('demanding'), at), /requires features that we do not have: 2000/);
    }
    assert.deepEqual(shop.refused, [`${idOf('demanding')} the peer requires features that we do not have: 2000`]);
    assert.deepEqual(demanding.refused, [], 'a stranger that calls is no news');
  },
);

test('a connection over IPv6', TIMEOUT, async (t) => {
  const shop = make(t, 'shop');
  let at: NetAddress;
  try {
    at = await shop.peers.listen({ host: '::1', port: 0 });
  } catch (error) {
    t.skip(`no IPv6 here: ${(error as Error).message}`);
    return;
  }
  const peer = make(t, 'peer');
  await peer.peers.connect(idOf('shop'), at);
  await shop.until(() => shop.connected.has(idOf('peer')));
});

test('a peer on the same link, which the system names with a zone, is taken as any other', TIMEOUT, async (t) => {
  const shop = make(t, 'shop');
  const server = createServer((socket) => shop.peers.accept(socket, 'fe80::1%eth0', '[fe80::1%eth0]:50000'));
  const peer = await make(t, 'peer').peers.connect(idOf('shop'), await listening(t, server));
  await shop.until(() => shop.connected.has(idOf('peer')));
  assert.equal(peer.remote_addr, undefined, 'a zone says nothing to anybody else');
});

test('a dial that hangs is given up after a minute, and a node that is another is refused', TIMEOUT, async (t) => {
  const hanging = make(t, 'caller', {
    dial: (_address, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
      }),
  });
  const attempt = hanging.peers.connect(idOf('shop'), { host: '127.0.0.1', port: 1 });
  hanging.clock.advance(60_000);
  await assert.rejects(attempt, { name: 'PeerError', stage: 'dial', message: /given up/ });

  const shop = make(t, 'shop');
  const at = await shop.peers.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(make(t, 'other').peers.connect(idOf('somebody else'), at), {
    name: 'PeerError',
    stage: 'handshake',
    message: /^127\.0\.0\.1:\d+: Cryptographic handshake: /,
  });
});

test(
  'a peer that complains without end is hung up on, and one that complains now and then is heard',
  TIMEOUT,
  async (t) => {
    const shop = make(t, 'shop');
    const at = await shop.peers.listen({ host: '127.0.0.1', port: 0 });
    const grumbler = make(t, 'grumbler');
    const connection = await grumbler.peers.connect(idOf('shop'), at);
    await shop.until(() => shop.connected.has(idOf('grumbler')));
    const warning = { type: 'warning', channel_id: 'ab'.repeat(32) as ChannelId, data: Buffer.from('hm') } as const;
    for (let count = 0; count < 150; count++) {
      shop.clock.advance(1_000);
      connection.send([warning]);
      await connection.ping(1, 0);
    }
    assert.equal(shop.messages, 150);
    connection.send(new Array(150).fill(warning));
    await shop.until(() => !shop.connected.has(idOf('grumbler')));
    assert.ok(shop.messages <= 250);
  },
);
