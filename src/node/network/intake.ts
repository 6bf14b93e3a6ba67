/** Takes gossip into the map: judges each message, writes what counts to the file, keeps what came too early. */
import type { Clock } from '../../base/types/clock.ts';
import { readAddresses } from '../../protocol/gossip/addresses.ts';
import { updateChecksum } from '../../protocol/gossip/checksum.ts';
import {
  type AnnouncementFields,
  CHANNEL_ANNOUNCEMENT,
  CHANNEL_UPDATE,
  messageNumber,
  NODE_ANNOUNCEMENT,
  pointAt,
  type ScidHalves,
  scidText,
} from '../../protocol/gossip/fields.ts';
import {
  addressesOf,
  type Circumstances,
  isStrange,
  judgeAnnouncement,
  judgeNode,
  judgeUpdate,
} from '../../protocol/gossip/judge.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import { channelRecord, RECORD_TYPES } from '../../protocol/gossip/record.ts';
import { DoubleAnnouncements } from './double-announcements.ts';
import { Early, Failed } from './early.ts';
import type { MapFile } from './map-file.ts';

/** Something new in the map, for those who pass it on. */
export interface News {
  readonly kind: 'channel' | 'update' | 'node';
  /** The channel, the half or the node. */
  readonly index: number;
  /** Who told it; 0: we ourselves. */
  readonly from: number;
}

export interface IntakeOptions {
  readonly map: NetworkMap;
  readonly file: MapFile;
  readonly clock: Clock;
  readonly chain_hash: Uint8Array;
  readonly known_features: ReadonlySet<number>;
  height(): number;
  news(news: News): void;
  /** A channel is in the map whose funding output nobody has looked at. `script` is what it must pay to. */
  unchecked(channel: number, announcement: Buffer): void;
  /** The channel is gone from the map. */
  removed(channel: number): void;
  /** An update is about a channel that the map does not have. */
  missing(peer: number, scid: ScidHalves): void;
  fault(peer: number, reason: string): void;
  log(level: 'warn', text: string): void;
  /** Whether the channel is one of ours. */
  isOwn(channel: number): boolean;
}

/** The sender of what is our own. */
export const OURSELVES = 0;
const MOST_EARLY = 10_000;
/** Nobody has checked them yet, and a message may have 64 KiB. */
const MOST_EARLY_BYTES = 1_500;
const MOST_FAILED = 10_000;
/** So many updates of a direction are taken at once, and one more a minute. */
const UPDATES_AT_ONCE = 10;
const UPDATE_EVERY_SECONDS = 60;

interface EarlyMessage {
  readonly peer: number;
  readonly bytes: Buffer;
  readonly height: number;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #early_announcements = new Early<EarlyMessage>(MOST_EARLY);
  readonly #early_updates = new Early<EarlyMessage>(MOST_EARLY);
  readonly #early_nodes = new Early<EarlyMessage>(MOST_EARLY);
  readonly #failed = new Failed(MOST_FAILED);
  readonly #doubles: DoubleAnnouncements;
  /** When each half will have earned all its updates back. */
  readonly #busy_until = new Map<number, number>();

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { map, file, isOwn } = options;
    this.#doubles = new DoubleAnnouncements({ map, file, isOwn, remove: (...what) => this.remove(...what) });
  }

  /** Takes one message. */
  take(peer: number, bytes: Buffer): void {
    switch (messageNumber(bytes)) {
      case CHANNEL_ANNOUNCEMENT:
        this.#takeAnnouncement(peer, bytes);
        break;
      case CHANNEL_UPDATE:
        this.#takeUpdate(peer, bytes);
        break;
      case NODE_ANNOUNCEMENT:
        this.#takeNode(peer, bytes);
        break;
    }
  }

  /** A block is there: what waited for it is judged again. */
  connected(height: number): void {
    for (const { peer, bytes } of this.#early_announcements.takeAll((each) => each.height <= height)) {
      this.take(peer, bytes);
    }
  }

  /** Forgets a channel. `is_false`: its output is not there, so it is not asked for again soon. */
  remove(channel: number, is_false: boolean): void {
    const { map, file, removed } = this.#options;
    const [high, low] = [map.channels.scid_high[channel] as number, map.channels.scid_low[channel] as number];
    file.append(channelRecord(RECORD_TYPES.delete_channel, high, low), 0);
    if (is_false) this.#failed.add(keyOf(high, low));
    this.#busy_until.delete(2 * channel);
    this.#busy_until.delete(2 * channel + 1);
    map.remove(channel);
    removed(channel);
  }

  /** Whether this id led nowhere a short while ago. */
  isFailed({ scid_high, scid_low }: ScidHalves): boolean {
    return this.#failed.has(keyOf(scid_high, scid_low));
  }

  /** Nobody had anything to say of this id, unless that waits for its block. */
  failed({ scid_high, scid_low }: ScidHalves): void {
    const key = keyOf(scid_high, scid_low);
    if (!this.#early_announcements.has(key)) this.#failed.add(key);
  }

  /** An hour is over. */
  turn(): void {
    this.#failed.turn();
    const now = this.#options.clock.nowSeconds();
    for (const [half, until] of this.#busy_until) if (until <= now) this.#busy_until.delete(half);
  }

  #circumstances(): Circumstances {
    const { chain_hash, clock, height } = this.#options;
    return { chain_hash, now_seconds: clock.nowSeconds(), height: height() };
  }

  #takeAnnouncement(peer: number, bytes: Buffer): void {
    const { map, file, clock, known_features, news, unchecked, fault } = this.#options;
    const verdict = judgeAnnouncement(map, bytes, this.#circumstances());
    if (verdict.kind === 'fault') {
      fault(peer, verdict.reason);
      return;
    }
    if (verdict.kind === 'other_nodes') {
      this.#takeDouble(peer, bytes, verdict.fields, verdict.channel);
      return;
    }
    if (verdict.kind !== 'take' && verdict.kind !== 'later') return;
    const { fields } = verdict;
    const key = keyOf(fields.scid_high, fields.scid_low);
    if (verdict.kind === 'later') {
      this.#keep(this.#early_announcements, key, peer, bytes, verdict.height);
      return;
    }
    if (peer !== OURSELVES && (this.#failed.has(key) || this.#doubles.concerns(bytes, fields))) return;
    const now = clock.nowSeconds();
    const channel = map.add(fields, bytes, {
      added_at: now,
      is_strange: isStrange(bytes, fields, known_features),
      announcement_place: file.append(bytes, now),
    });
    news({ kind: 'channel', index: channel, from: peer });
    unchecked(channel, bytes);
    for (const direction of [0, 1]) this.#again(this.#early_updates.take(`${key}/${direction}`));
    for (const half of [2 * channel, 2 * channel + 1]) {
      this.#again(this.#early_nodes.take(map.nodeIdHex(map.halves.node[half] as number)));
    }
  }

  #takeDouble(peer: number, bytes: Buffer, fields: AnnouncementFields, channel: number): void {
    const { fault, log } = this.#options;
    const finding = this.#doubles.take(bytes, fields, channel);
    // Whoever passed it on did no wrong: it is what its nodes have signed.
    if (finding === 'double') {
      const name = scidText(fields.scid_high, fields.scid_low);
      log('warn', `channel ${name} was announced twice, between different nodes: neither these nor those are believed`);
    }
    if (finding === 'not signed') fault(peer, 'channel_announcement: a signature is not valid');
  }

  #takeUpdate(peer: number, bytes: Buffer): void {
    const { map, file, news, missing, fault } = this.#options;
    const verdict = judgeUpdate(map, bytes, this.#circumstances());
    if (verdict.kind === 'fault') {
      fault(peer, verdict.reason);
      return;
    }
    if (verdict.kind === 'unknown') {
      const { scid_high, scid_low, channel_flags } = verdict.fields;
      const key = keyOf(scid_high, scid_low);
      if (this.#failed.has(key) && peer !== OURSELVES) return;
      this.#keep(this.#early_updates, `${key}/${channel_flags & 1}`, peer, bytes);
      missing(peer, verdict.fields);
      return;
    }
    if (verdict.kind !== 'take') return;
    const { fields } = verdict;
    const channel = map.find(fields.scid_high, fields.scid_low);
    const half = 2 * channel + (fields.channel_flags & 1);
    if (peer !== OURSELVES && !this.#mayUpdate(half)) return;
    map.update(channel, fields, updateChecksum(bytes), file.append(bytes, fields.timestamp));
    news({ kind: 'update', index: half, from: peer });
  }

  #takeNode(peer: number, bytes: Buffer): void {
    const { map, file, known_features, news, fault } = this.#options;
    const verdict = judgeNode(map, bytes, this.#circumstances());
    if (verdict.kind === 'fault') {
      fault(peer, verdict.reason);
      return;
    }
    if (verdict.kind !== 'take' && verdict.kind !== 'unknown') return;
    const { fields } = verdict;
    const id = pointAt(bytes, fields.node_id_at);
    if (verdict.kind === 'unknown') {
      this.#keep(this.#early_nodes, id.toString('hex'), peer, bytes);
      return;
    }
    const node = map.findNode(id);
    const place = file.append(bytes, fields.timestamp);
    map.announceNode(node, fields.timestamp, isStrange(bytes, fields, known_features), place);
    if (readAddresses(addressesOf(bytes, fields))?.may_forward === true) {
      news({ kind: 'node', index: node, from: peer });
    }
  }

  /** Keeps a message for later: a copy, because it came with others, and none that is larger than it has to be. */
  #keep(early: Early<EarlyMessage>, key: string, peer: number, bytes: Buffer, height = 0): void {
    if (bytes.length <= MOST_EARLY_BYTES) early.put(key, { peer, bytes: Buffer.from(bytes), height });
  }

  #again(early: EarlyMessage | undefined): void {
    if (early !== undefined) this.take(early.peer, early.bytes);
  }

  /** Whether this direction may change again now. */
  #mayUpdate(half: number): boolean {
    const now = this.#options.clock.nowSeconds();
    const until = Math.max(now, this.#busy_until.get(half) ?? now) + UPDATE_EVERY_SECONDS;
    if (until > now + UPDATES_AT_ONCE * UPDATE_EVERY_SECONDS) return false;
    this.#busy_until.set(half, until);
    return true;
  }
}

function keyOf(scid_high: number, scid_low: number): string {
  return `${scid_high}:${scid_low}`;
}
