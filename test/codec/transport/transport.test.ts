import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuthenticationError } from '../../../src/base/crypto/chacha20.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { Cipher } from '../../../src/codec/transport/cipher.ts';
import { HandshakeError, Initiator, Responder } from '../../../src/codec/transport/handshake.ts';
import { Session } from '../../../src/codec/transport/session.ts';
import * as vectors from './vectors.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const secret = (text: string): Secret<Uint8Array> => new Secret(bytes(text));

function initiator(): Initiator {
  const remote = bytes(vectors.RESPONDER_PUBLIC_KEY);
  return new Initiator(secret(vectors.INITIATOR_KEY), secret(vectors.INITIATOR_EPHEMERAL), remote);
}

function responder(): Responder {
  return new Responder(secret(vectors.RESPONDER_KEY), secret(vectors.RESPONDER_EPHEMERAL));
}

test('the initiator says what BOLT 8 says it does', () => {
  const side = initiator();
  assert.equal(hex(side.actOne()), vectors.ACT_ONE);
  const { act_three, keys } = side.actThree(bytes(vectors.ACT_TWO));
  assert.equal(hex(act_three), vectors.ACT_THREE);
  assert.equal(hex(keys.sending_key), vectors.INITIATOR_SENDING_KEY);
  assert.equal(hex(keys.receiving_key), vectors.INITIATOR_RECEIVING_KEY);
  assert.equal(hex(keys.chaining_key), vectors.CHAINING_KEY);
});

test('the responder says what BOLT 8 says it does, and learns who the initiator is', () => {
  const side = responder();
  assert.equal(hex(side.actTwo(bytes(vectors.ACT_ONE))), vectors.ACT_TWO);
  const keys = side.finish(bytes(vectors.ACT_THREE));
  assert.equal(hex(keys.remote_public_key), vectors.INITIATOR_PUBLIC_KEY);
  assert.equal(hex(keys.receiving_key), vectors.INITIATOR_SENDING_KEY);
  assert.equal(hex(keys.sending_key), vectors.INITIATOR_RECEIVING_KEY);
});

test('each bad act of BOLT 8 is refused for its own reason', () => {
  for (const [act, fault, text] of vectors.BAD_ACTS) {
    assert.throws(
      () => {
        if (act === 1) responder().actTwo(bytes(text));
        else if (act === 2) {
          const side = initiator();
          side.actOne();
          side.actThree(bytes(text));
        } else {
          const side = responder();
          side.actTwo(bytes(vectors.ACT_ONE));
          side.finish(bytes(text));
        }
      },
      (error) => error instanceof HandshakeError && error.act === act && error.fault === fault,
      `${act} ${fault}`,
    );
  }
});

test('1,001 messages are sealed as in BOLT 8, over two changes of the key, and opened again', () => {
  const chaining_key = bytes(vectors.CHAINING_KEY);
  const sender = new Cipher(bytes(vectors.INITIATOR_SENDING_KEY), chaining_key);
  const receiver = new Cipher(bytes(vectors.INITIATOR_SENDING_KEY), chaining_key);
  for (let index = 0; index <= 1001; index++) {
    const sealed = sender.sealMessage(Buffer.from('hello'));
    if (vectors.SEALED_HELLO[index] !== undefined) assert.equal(hex(sealed), vectors.SEALED_HELLO[index], `${index}`);
    assert.equal(receiver.openHeader(sealed.subarray(0, 18)), 5 + 16);
    assert.equal(Buffer.from(receiver.openBody(sealed.subarray(18))).toString(), 'hello');
  }
});

function sessions(): { client: Session; server: Session } {
  const client = new Session({
    static_key: secret(vectors.INITIATOR_KEY),
    ephemeral_key: secret(vectors.INITIATOR_EPHEMERAL),
    remote_public_key: bytes(vectors.RESPONDER_PUBLIC_KEY),
  });
  const server = new Session({
    static_key: secret(vectors.RESPONDER_KEY),
    ephemeral_key: secret(vectors.RESPONDER_EPHEMERAL),
  });
  return { client, server };
}

test('an act that is not whole is waited for', () => {
  const { server } = sessions();
  assert.equal(server.feed(bytes(vectors.ACT_ONE).subarray(0, 49)).reply, undefined);
  assert.equal(hex(server.feed(bytes(vectors.ACT_ONE).subarray(49)).reply as Uint8Array), vectors.ACT_TWO);
});

test('messages arrive whole however the stream is cut', () => {
  const anyMessages = fc.array(fc.uint8Array({ maxLength: 2000 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(anyMessages, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (messages, cuts) => {
      const { client, server } = sessions();
      const two = server.feed(client.open()).reply as Uint8Array;
      const three = client.feed(two).reply as Uint8Array;
      const stream = Buffer.concat([three, ...messages.map((message) => client.seal(message))]);
      const received: string[] = [];
      let known = '';
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const end = at + (cuts[turn % cuts.length] as number);
        const fed = server.feed(stream.subarray(at, end));
        if (fed.established) known = hex(fed.established);
        received.push(...fed.messages.map(hex));
        at = end;
      }
      assert.equal(known, vectors.INITIATOR_PUBLIC_KEY);
      assert.deepEqual(received, messages.map(hex));
    }),
    { numRuns: 30 },
  );
});

test('a stream that was changed anywhere is refused, and random bytes are no handshake', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (message, where) => {
      const { client, server } = sessions();
      const three = client.feed(server.feed(client.open()).reply as Uint8Array).reply as Uint8Array;
      server.feed(three);
      const sealed = Buffer.from(client.seal(message));
      const at = where % sealed.length;
      sealed[at] = (sealed[at] as number) ^ 1;
      assert.throws(() => server.feed(Buffer.concat([sealed, Buffer.alloc(70_000)])), AuthenticationError);
    }),
    { numRuns: 30 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 50, maxLength: 50 }), (noise) => {
      assert.throws(() => sessions().server.feed(noise), HandshakeError);
    }),
  );
});
