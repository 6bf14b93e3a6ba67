/**
 * The inputs that Core Lightning's fuzzers have found to be different from each other, for every message that both know.
 * They are in its source tree (`tests/fuzz/corpora`), which `TILL_FUZZ_CORPORA` names; without it the tests are skipped.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toHex } from '../../../src/base/types/hex.ts';
import {
  decodeMessage,
  encodeMessage,
  type KnownMessage,
  type Message,
  WireError,
} from '../../../src/codec/wire/index.ts';
import { readAddresses } from '../../../src/protocol/gossip/addresses.ts';
import { pointAt, readAnnouncement, readNode, readUpdate, scidText } from '../../../src/protocol/gossip/fields.ts';
import { addressesOf, judgeAnnouncement, judgeNode, judgeUpdate } from '../../../src/protocol/gossip/judge.ts';
import { NetworkMap } from '../../../src/protocol/gossip/network-map.ts';
import * as queries from '../../../src/protocol/gossip/query-codec.ts';

const directory = process.env.TILL_FUZZ_CORPORA ?? '';
const missing = existsSync(join(directory, 'fuzz-wire-channel_update'))
  ? false
  : "no corpora: TILL_FUZZ_CORPORA names tests/fuzz/corpora of Core Lightning's source";

/** The corpora hold what follows the number of a message. */
const NUMBERS: Readonly<Partial<Record<KnownMessage['type'], number>>> = {
  warning: 1,
  peer_storage: 7,
  peer_storage_retrieval: 9,
  init: 16,
  error: 17,
  ping: 18,
  pong: 19,
  open_channel: 32,
  accept_channel: 33,
  funding_created: 34,
  funding_signed: 35,
  channel_ready: 36,
  shutdown: 38,
  closing_signed: 39,
  closing_complete: 40,
  closing_sig: 41,
  update_add_htlc: 128,
  update_fulfill_htlc: 130,
  update_fail_htlc: 131,
  commitment_signed: 132,
  revoke_and_ack: 133,
  update_fee: 134,
  update_fail_malformed_htlc: 135,
  channel_reestablish: 136,
  channel_announcement: 256,
  node_announcement: 257,
  channel_update: 258,
  announcement_signatures: 259,
  query_short_channel_ids: 261,
  reply_short_channel_ids_end: 262,
  query_channel_range: 263,
  reply_channel_range: 264,
  gossip_timestamp_filter: 265,
};

/** What a function gives, or undefined where it throws WireError. Any other error goes on. */
function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const CIRCUMSTANCES = { chain_hash: new Uint8Array(32), now_seconds: 1_700_000_000, height: 800_000 };

/** What is done with a message beyond its decoder: the map reads gossip in place, and queries have codecs of their own. */
function readFurther(bytes: Buffer, message: Message | undefined): void {
  const map = new NetworkMap();
  const isRead = message !== undefined;
  switch (bytes.readUInt16BE()) {
    case 256: {
      judgeAnnouncement(map, bytes, CIRCUMSTANCES);
      const fields = readAnnouncement(bytes);
      if (message?.type !== 'channel_announcement' || fields === undefined) break;
      assert.equal(scidText(fields.scid_high, fields.scid_low), message.short_channel_id);
      assert.equal(toHex(pointAt(bytes, fields.bitcoin_2_at)), message.bitcoin_key_2);
      break;
    }
    case 257: {
      judgeNode(map, bytes, CIRCUMSTANCES);
      const fields = readNode(bytes);
      if (fields !== undefined) readAddresses(addressesOf(bytes, fields));
      if (message?.type === 'node_announcement') assert.equal(fields?.timestamp, message.timestamp);
      break;
    }
    case 258: {
      judgeUpdate(map, bytes, CIRCUMSTANCES);
      const fields = readUpdate(bytes);
      assert.equal(fields !== undefined, isRead, 'both readers take the same bytes');
      if (message?.type === 'channel_update') assert.equal(fields?.timestamp, message.timestamp);
      break;
    }
    default:
      if (message?.type === 'query_short_channel_ids') {
        unlessMalformed(() => queries.decodeShortIds(message.encoded_short_ids));
        unlessMalformed(() => queries.decodeQueryFlags(message.query_flags ?? Buffer.alloc(0)));
      } else if (message?.type === 'reply_channel_range') {
        const ids = unlessMalformed(() => queries.decodeShortIds(message.encoded_short_ids));
        if (ids !== undefined) assert.deepEqual(queries.decodeShortIds(queries.encodeShortIds(ids)), ids);
        unlessMalformed(() => queries.decodeTimestamps(message.timestamps_tlv ?? Buffer.alloc(0)));
        unlessMalformed(() => queries.decodeChecksums(message.checksums_tlv ?? Buffer.alloc(0)));
      } else if (message?.type === 'query_channel_range' && message.query_option !== undefined) {
        const { query_option } = message;
        unlessMalformed(() => queries.decodeQueryOption(query_option));
      }
  }
}

test('what fuzzers found is read, or refused as malformed, and comes out of the writer as it went in', {
  skip: missing,
}, async (context) => {
  for (const [name, number] of Object.entries(NUMBERS)) {
    await context.test(name, (each) => {
      const corpus = join(directory, `fuzz-wire-${name}`);
      const head = Buffer.alloc(2);
      head.writeUInt16BE(number);
      let read = 0;
      const files = readdirSync(corpus);
      for (const file of files) {
        const bytes = Buffer.concat([head, readFileSync(join(corpus, file))]);
        const message = unlessMalformed(() => decodeMessage(bytes));
        readFurther(bytes, message);
        if (message === undefined) continue;
        assert.equal(message.type, name);
        read++;
        assert.deepEqual(decodeMessage(encodeMessage(message as KnownMessage)), message, file);
      }
      assert.ok(read > 0);
      each.diagnostic(`${files.length} inputs, ${read} of them messages`);
    });
  }
});
