/**
 * One side of a connection, over any stream of bytes: what arrives is fed in, in pieces of any size; what comes out are
 * bytes to send and whole messages. Pure: no socket, no clock.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import type { Secret } from '../../base/types/secret.ts';
import { Cipher, HEADER_BYTES } from './cipher.ts';
import { ACT_ONE_BYTES, ACT_THREE_BYTES, ACT_TWO_BYTES, Initiator, Responder, type SessionKeys } from './handshake.ts';

/** What came of bytes that were fed in. */
export interface Fed {
  /** To be sent at once. */
  readonly reply: Uint8Array | undefined;
  /** The handshake has just ended: this node is on the other side. */
  readonly established: Uint8Array | undefined;
  readonly messages: readonly Uint8Array[];
}

/** Who we are, and whom we want when it is we who connect. */
export interface SessionOptions {
  readonly static_key: Secret<Uint8Array>;
  readonly ephemeral_key: Secret<Uint8Array>;
  /** 33 bytes; undefined when we were connected to. */
  readonly remote_public_key?: Uint8Array;
}

type Stage = 'act_one' | 'act_two' | 'act_three' | 'header' | 'body';

export class Session {
  readonly #initiator: Initiator | undefined;
  readonly #responder: Responder | undefined;
  #stage: Stage;
  #sender: Cipher | undefined;
  #receiver: Cipher | undefined;
  /** Bytes that are not yet a whole part; never more than one part and one chunk. */
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #wanted: number;

  constructor({ static_key, ephemeral_key, remote_public_key }: SessionOptions) {
    if (remote_public_key === undefined) {
      this.#responder = new Responder(static_key, ephemeral_key);
      this.#stage = 'act_one';
      this.#wanted = ACT_ONE_BYTES;
    } else {
      if (!curve.isPublicKey(remote_public_key)) throw new RangeError('the node id is not a public key');
      this.#initiator = new Initiator(static_key, ephemeral_key, remote_public_key);
      this.#stage = 'act_two';
      this.#wanted = ACT_TWO_BYTES;
    }
  }

  /** What the connecting side sends first. */
  open(): Uint8Array {
    if (this.#initiator === undefined) throw new Error('the side that accepted the connection must wait');
    return this.#initiator.actOne();
  }

  /** Whether messages can be sent. */
  get isEstablished(): boolean {
    return this.#sender !== undefined;
  }

  /** Seals a message. */
  seal(message: Uint8Array): Uint8Array {
    if (this.#sender === undefined) throw new Error('the handshake is not over');
    return this.#sender.sealMessage(message);
  }

  /** Takes bytes. Throws HandshakeError or AuthenticationError: the connection is then to be closed without a word. */
  feed(bytes: Uint8Array): Fed {
    if (bytes.length > 0) {
      this.#chunks.push(bytes);
      this.#buffered += bytes.length;
    }
    let reply: Uint8Array | undefined;
    let established: Uint8Array | undefined;
    const messages: Uint8Array[] = [];
    while (this.#buffered >= this.#wanted) {
      const part = this.#take(this.#wanted);
      switch (this.#stage) {
        case 'act_one':
          reply = (this.#responder as Responder).actTwo(part);
          this.#expect('act_three', ACT_THREE_BYTES);
          break;
        case 'act_two': {
          const { act_three, keys } = (this.#initiator as Initiator).actThree(part);
          reply = act_three;
          established = this.#establish(keys);
          break;
        }
        case 'act_three':
          established = this.#establish((this.#responder as Responder).finish(part));
          break;
        case 'header':
          this.#expect('body', (this.#receiver as Cipher).openHeader(part));
          break;
        case 'body':
          messages.push((this.#receiver as Cipher).openBody(part));
          this.#expect('header', HEADER_BYTES);
          break;
      }
    }
    return { reply, established, messages };
  }

  #establish(keys: SessionKeys): Uint8Array {
    this.#sender = new Cipher(keys.sending_key, keys.chaining_key);
    this.#receiver = new Cipher(keys.receiving_key, keys.chaining_key);
    this.#expect('header', HEADER_BYTES);
    return keys.remote_public_key;
  }

  #expect(stage: Stage, bytes: number): void {
    this.#stage = stage;
    this.#wanted = bytes;
  }

  /** The next bytes; chunks are joined only when a part spans several. */
  #take(length: number): Uint8Array {
    if ((this.#chunks[0] as Uint8Array).length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    const [first] = this.#chunks as [Uint8Array];
    this.#buffered -= length;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
    return first.subarray(0, length);
  }
}
