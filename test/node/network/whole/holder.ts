/**
 * A node that holds a whole map and gives it to whoever asks, as fast as Core Lightning does: a process of its own, so that
 * it can be killed. `node holder.ts MAP_FILE PORT HEIGHT`; it says "ready" on stdout when it listens.
 */
import { createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../../../src/base/types/clock.ts';
import { NETWORKS } from '../../../../src/base/types/network.ts';
import { Session } from '../../../../src/codec/transport/session.ts';
import { decodeMessage, encodeMessage } from '../../../../src/codec/wire/index.ts';
import { Keeper } from '../../../../src/node/network/keeper.ts';
import { messageNumber } from '../../../../src/protocol/gossip/fields.ts';
import { INIT, keyOf } from '../../../e2e/raw-peer.ts';

/** Till gives each peer 51,200 bytes a second, Core Lightning a million. */
const HASTE = 20;
const hasty: Clock = { ...systemClock, after: (delay_ms, callback) => systemClock.after(delay_ms / HASTE, callback) };
const FIRST_OF_GOSSIP = 256;
const LAST_OF_GOSSIP = 265;

const [path, port, height] = process.argv.slice(2) as [string, string, string];
const senders = new Map<number, (messages: readonly Uint8Array[]) => void>();
const keeper = new Keeper({
  path,
  chain_hash: NETWORKS.regtest.chain_hash,
  known_features: new Set(),
  height: Number(height),
  clock: hasty,
  ports: {
    send: (peer, messages) => senders.get(peer)?.(messages),
    holdOff: (_peer, reason) => {
      throw new Error(`the holder was told what is false: ${reason}`);
    },
    log: () => {},
    outputs: { can_check_all: true, claims_at_once: 1, check: async () => [] },
  },
});
let next_number = 1;

function serve(socket: Socket): void {
  const number = next_number++;
  const session = new Session({ static_key: keyOf(HOLDER), ephemeral_key: keyOf(0x4444 + number) });
  const send = (messages: readonly Uint8Array[]): void => {
    if (!socket.destroyed) socket.write(Buffer.concat(messages.map((message) => session.seal(message))));
  };
  senders.set(number, send);
  socket.on('error', () => {});
  socket.on('close', () => {
    senders.delete(number);
    keeper.disconnected(number);
  });
  socket.on('data', (bytes) => {
    const { reply, established, messages } = session.feed(bytes as Buffer);
    if (reply !== undefined) socket.write(reply);
    if (established !== undefined) send([encodeMessage(INIT)]);
    for (const message of messages) take(number, message, send);
  });
}

function take(number: number, bytes: Uint8Array, send: (messages: readonly Uint8Array[]) => void): void {
  const type = messageNumber(bytes);
  if (type >= FIRST_OF_GOSSIP && type <= LAST_OF_GOSSIP) {
    void keeper.receive(number, [bytes]);
    return;
  }
  const message = decodeMessage(bytes);
  if (message.type === 'init') keeper.connected({ number, can_query: true, can_query_more: true });
  if (message.type === 'ping') {
    send([encodeMessage({ type: 'pong', ignored: new Uint8Array(message.num_pong_bytes) })]);
  }
}

/** Which of the numbered keys is the holder's. */
const HOLDER = 77;
createServer(serve).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready'));
