import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '../../../src/base/types/hex.ts';
import { decodeMessage } from '../../../src/codec/wire/index.ts';
import { type NodeAddress, readAddresses, writeAddresses } from '../../../src/protocol/gossip/addresses.ts';
import { crc32c, updateChecksum } from '../../../src/protocol/gossip/checksum.ts';
import {
  pointAt,
  readAnnouncement,
  readNode,
  readUpdate,
  scidHalves,
  scidText,
} from '../../../src/protocol/gossip/fields.ts';
import { judgeAnnouncement, judgeNode, judgeUpdate } from '../../../src/protocol/gossip/judge.ts';
import { NetworkMap } from '../../../src/protocol/gossip/network-map.ts';
import { hashOfPair, PlaceTable } from '../../../src/protocol/gossip/place-table.ts';
import * as codec from '../../../src/protocol/gossip/query-codec.ts';
import { channelRecord, encodeRecord, readRecord } from '../../../src/protocol/gossip/record.ts';
import { announcement, CHAIN_HASH, idOf, nodeAnnouncement, update } from '../../node/network/city.ts';

const NOW = 1_700_000_000;
const PLAIN = { noNullPrototype: true } as const;
const CIRCUMSTANCES = { chain_hash: fromHex(CHAIN_HASH), now_seconds: NOW, height: 1000 };
const u32 = fc.nat(0xffffffff);
const scid = fc.tuple(fc.nat(990), fc.nat(0xffffff), fc.nat(0xffff)).map((parts) => parts.join('x'));
const names = ['anna', 'berta', 'carla', 'dora'];

test('fields read in place are those of the decoder', () => {
  fc.assert(
    fc.property(scid, fc.integer({ min: NOW - 1000, max: NOW }), fc.nat(65535), (id, timestamp, cltv_expiry_delta) => {
      const bytes = update('anna', 'berta', id, { timestamp, cltv_expiry_delta });
      const fields = readUpdate(bytes);
      const message = decodeMessage(bytes);
      assert(fields !== undefined && message.type === 'channel_update');
      assert.equal(scidText(fields.scid_high, fields.scid_low), message.short_channel_id);
      assert.deepEqual(scidHalves(id), { scid_high: fields.scid_high, scid_low: fields.scid_low });
      assert.equal(fields.timestamp, timestamp);
      assert.equal(fields.cltv_expiry_delta, cltv_expiry_delta);
      assert.equal(BigInt(fields.htlc_maximum_msat), message.htlc_maximum_msat);
      const told = announcement('anna', 'berta', id);
      const read = readAnnouncement(told);
      const decoded = decodeMessage(told);
      assert(read !== undefined && decoded.type === 'channel_announcement');
      assert.equal(pointAt(told, read.node_1_at).toString('hex'), decoded.node_id_1);
      assert.equal(pointAt(told, read.bitcoin_2_at).toString('hex'), decoded.bitcoin_key_2);
      const node = nodeAnnouncement('anna', timestamp, [{ type: 'ipv4', address: '203.0.113.7', port: 9735 }]);
      const seen = readNode(node);
      assert(seen !== undefined);
      assert.equal(pointAt(node, seen.node_id_at).toString('hex'), idOf('anna'));
      assert.equal(seen.timestamp, timestamp);
    }),
    { numRuns: 30 },
  );
});

/** A map with one channel between anna and berta. */
function smallMap(): NetworkMap {
  const map = new NetworkMap();
  const bytes = announcement('anna', 'berta', '500x1x0');
  const fields = readAnnouncement(bytes);
  assert(fields !== undefined);
  map.add(fields, bytes, { added_at: NOW, is_strange: false, announcement_place: 0 });
  return map;
}

test('a message with one bit changed, or cut, is never taken', () => {
  const map = smallMap();
  const whole = [
    [announcement('anna', 'berta', '600x1x0'), judgeAnnouncement],
    [update('anna', 'berta', '500x1x0', { timestamp: NOW - 5 }), judgeUpdate],
    [nodeAnnouncement('anna', NOW - 5), judgeNode],
  ] as const;
  for (const [bytes, judge] of whole) {
    assert.equal(judge(map, bytes, CIRCUMSTANCES).kind, 'take');
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 17), fc.nat(bytes.length - 1), (bit, length) => {
        const changed = Buffer.from(bytes);
        const at = 2 + (bit >> 3);
        changed[at] = (changed[at] as number) ^ (1 << (bit & 7));
        assert.notEqual(judge(map, changed, CIRCUMSTANCES).kind, 'take');
        assert.notEqual(judge(map, bytes.subarray(0, length), CIRCUMSTANCES).kind, 'take');
      }),
      { numRuns: 200 },
    );
  }
});

test('each message is judged by the cheapest question first', () => {
  const map = smallMap();
  const [low, high] = idOf('anna') < idOf('berta') ? ['anna', 'berta'] : ['berta', 'anna'];
  const swapped = announcement('anna', 'berta', '600x1x0', { node_id_1: idOf(high), node_id_2: idOf(low) });
  const kinds = (list: readonly (readonly [string, Buffer])[], judge: typeof judgeUpdate) =>
    Object.fromEntries(list.map(([name, bytes]) => [name, judge(map, bytes, CIRCUMSTANCES).kind]));
  assert.deepEqual(
    kinds(
      [
        ['other chain', announcement('anna', 'berta', '600x1x0', { chain_hash: '00'.repeat(32) })],
        ['ids do not ascend', swapped],
        ['known', announcement('anna', 'berta', '500x1x0')],
        ['far ahead', announcement('anna', 'berta', '1013x1x0')],
        ['five confirmations', announcement('anna', 'berta', '996x1x0')],
        ['six confirmations', announcement('anna', 'berta', '995x1x0')],
      ],
      judgeAnnouncement as never,
    ),
    {
      'other chain': 'ignore',
      'ids do not ascend': 'fault',
      known: 'ignore',
      'far ahead': 'ignore',
      'five confirmations': 'later',
      'six confirmations': 'take',
    },
  );
  const day = 24 * 3600;
  assert.deepEqual(
    kinds(
      [
        ['more than a day ahead', update('anna', 'berta', '500x1x0', { timestamp: NOW + day + 1 })],
        ['older than two weeks', update('anna', 'berta', '500x1x0', { timestamp: NOW - 14 * day - 1 })],
        ['unknown channel', update('anna', 'berta', '501x1x0', { timestamp: NOW })],
        ['dont_forward', update('anna', 'berta', '500x1x0', { timestamp: NOW, message_flags: 3 })],
        ['new', update('anna', 'berta', '500x1x0', { timestamp: NOW })],
      ],
      judgeUpdate,
    ),
    {
      'more than a day ahead': 'ignore',
      'older than two weeks': 'ignore',
      'unknown channel': 'unknown',
      dont_forward: 'fault',
      new: 'take',
    },
  );
  assert.equal(judgeNode(map, nodeAnnouncement('carla', NOW), CIRCUMSTANCES).kind, 'unknown');
});

test('lists of queries come back as they were written, and no bytes make the readers fail otherwise', () => {
  const ids = fc
    .uniqueArray(fc.record({ scid_high: u32, scid_low: u32 }, PLAIN), {
      selector: (id) => `${id.scid_high}:${id.scid_low}`,
    })
    .map((list) => list.sort((a, b) => a.scid_high - b.scid_high || a.scid_low - b.scid_low));
  const pairs = fc.array(fc.record({ of_node_1: u32, of_node_2: u32 }, PLAIN));
  fc.assert(
    fc.property(ids, pairs, fc.array(fc.nat(31)), fc.uint8Array(), (list, both, flags, bytes) => {
      assert.deepEqual(codec.decodeShortIds(codec.encodeShortIds(list)), list);
      assert.deepEqual(codec.decodeTimestamps(codec.encodeTimestamps(both)), both);
      assert.deepEqual(codec.decodeChecksums(codec.encodeChecksums(both)), both);
      assert.deepEqual(codec.decodeQueryFlags(codec.encodeQueryFlags(flags)), flags);
      for (const read of [
        codec.decodeShortIds,
        codec.decodeTimestamps,
        codec.decodeChecksums,
        codec.decodeQueryFlags,
      ]) {
        try {
          read(bytes);
        } catch (error) {
          assert.equal((error as Error).name, 'WireError');
        }
      }
    }),
  );
  assert.throws(() => codec.decodeShortIds(Uint8Array.of(1, 0x78, 0x9c)), /encoding 1/);
});

test('addresses come back as they were written', () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const onion = fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'),
    minLength: 56,
    maxLength: 56,
  });
  const address: fc.Arbitrary<NodeAddress> = fc.oneof(
    fc.record({ type: fc.constant('ipv4' as const), address: fc.ipV4(), port }, PLAIN),
    fc.record({ type: fc.constant('torv3' as const), address: onion.map((name) => `${name}.onion`), port }, PLAIN),
  );
  fc.assert(
    fc.property(fc.array(address, { maxLength: 5 }), (list) => {
      const written = [...list].sort((a, b) => (a.type === b.type ? 0 : a.type === 'ipv4' ? -1 : 1));
      assert.deepEqual(readAddresses(writeAddresses(list)), { addresses: written, may_forward: true });
    }),
  );
  const ipv6 = (text: string): string | undefined =>
    readAddresses(writeAddresses([{ type: 'ipv6', address: text, port: 1 }]))?.addresses[0]?.address;
  assert.equal(ipv6('2001:db8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.equal(ipv6('::'), '::');
  assert.equal(ipv6('2001:db8::'), '2001:db8::');
  assert.equal(ipv6('64:ff9b::192.0.2.33'), '64:ff9b::c000:221', 'one whose end is written as IPv4');
  const two_names = Buffer.concat([
    writeAddresses([{ type: 'dns', address: 'one.example', port: 1 }]),
    writeAddresses([{ type: 'dns', address: 'two.example', port: 1 }]),
  ]);
  assert.deepEqual(readAddresses(two_names), {
    addresses: [{ type: 'dns', address: 'one.example', port: 1 }],
    may_forward: false,
  });
  assert.equal(readAddresses(Buffer.of(1, 127, 0)), undefined);
});

test('CRC-32C is that of the standard, in one piece or in two', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), (bytes, cut) => {
      const at = bytes.length === 0 ? 0 : cut % bytes.length;
      assert.equal(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes));
    }),
  );
  const one = update('anna', 'berta', '500x1x0', { timestamp: NOW });
  const later = update('anna', 'berta', '500x1x0', { timestamp: NOW + 1 });
  assert.equal(updateChecksum(one), updateChecksum(later));
  const dearer = update('anna', 'berta', '500x1x0', { timestamp: NOW, fee_base_msat: 1 });
  assert.notEqual(updateChecksum(one), updateChecksum(dearer));
});

test('a record comes back as it was written; a torn or damaged one does not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), u32, fc.nat(), (message, timestamp, somewhere) => {
      const record = encodeRecord(message, timestamp);
      const read = readRecord(record, 0);
      assert(read !== undefined);
      assert.deepEqual(record.subarray(read.at, read.at + read.length), Buffer.from(message));
      assert.equal(read.timestamp, timestamp);
      assert.equal(readRecord(record.subarray(0, somewhere % record.length), 0), undefined);
      if (message.length === 0) return;
      const at = 12 + (somewhere % message.length);
      record[at] = (record[at] as number) ^ 1;
      assert.equal(readRecord(record, 0), undefined);
    }),
  );
  assert.equal(channelRecord(4103, 1, 2).toString('hex'), '10070000000100000002');
});

test('a table of places holds what a Map holds, whatever is added and removed', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(40));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const keys: number[] = [];
      const table = new PlaceTable((place) => hash(keys[place] as number));
      const model = new Map<number, number>();
      // Few hashes, so that they collide.
      const hash = (key: number): number => hashOfPair(key % 3, 0);
      const find = (key: number): number => {
        for (let slot = table.home(hash(key)); ; slot = table.after(slot)) {
          const place = table.at(slot);
          if (place === -1 || keys[place] === key) return place;
        }
      };
      for (const [isAdd, key] of steps) {
        const place = model.get(key);
        if (isAdd && place === undefined) {
          model.set(key, keys.length);
          table.add(keys.push(key) - 1);
        } else if (!isAdd && place !== undefined) {
          table.remove(place);
          model.delete(key);
        }
        for (let each = 0; each <= 40; each++) assert.equal(find(each), model.get(each) ?? -1);
      }
    }),
    { numRuns: 50 },
  );
});

test('channels come and go, and rows, nodes and counts stay right', () => {
  const pair = fc.tuple(fc.nat(3), fc.nat(3)).filter(([one, two]) => one !== two);
  fc.assert(
    fc.property(fc.array(fc.tuple(pair, fc.nat(5), fc.boolean()), { maxLength: 60 }), (steps) => {
      const map = new NetworkMap();
      const model = new Map<number, readonly [string, string]>();
      const idBytes = names.map((name) => Buffer.from(idOf(name), 'hex'));
      for (const [[one, two], number, isAdd] of steps) {
        const channel = map.find(256 * number, 0);
        assert.equal(channel !== -1, model.has(number));
        if (isAdd && channel === -1) {
          const [first, second] = idOf(names[one] as string) < idOf(names[two] as string) ? [one, two] : [two, one];
          const ids = Buffer.concat([idBytes[first] as Buffer, idBytes[second] as Buffer]);
          map.add({ scid_high: 256 * number, scid_low: 0, node_1_at: 0, node_2_at: 33 }, ids, {
            added_at: 0,
            is_strange: false,
            announcement_place: 0,
          });
          model.set(number, [names[first] as string, names[second] as string]);
        } else if (!isAdd && channel !== -1) {
          map.remove(channel);
          model.delete(number);
        }
        assert.equal(map.channel_count, model.size);
        assert.equal(map.node_count, new Set([...model.values()].flat()).size);
        const { starts, halves } = map.rows();
        for (const [index, name] of names.entries()) {
          const node = map.findNode(idBytes[index] as Buffer);
          const count = [...model.values()].filter((ends) => ends.includes(name)).length;
          assert.equal(node !== -1, count > 0);
          if (node === -1) continue;
          const into = halves.subarray(starts[node], starts[node + 1]);
          assert.equal(into.length, count);
          for (const half of into) assert.equal(map.halves.node[half ^ 1], node);
        }
      }
    }),
    { numRuns: 60 },
  );
});
