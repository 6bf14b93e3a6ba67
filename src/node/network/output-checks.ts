/**
 * Looks at the funding outputs of channels, and follows them until they are spent. Until somebody has looked, a channel is
 * used with care and never passed on.
 */
import { toHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { fundingScriptPubkey } from '../../codec/tx/channel-scripts.ts';
import { pointAt, readAnnouncement, scidText } from '../../protocol/gossip/fields.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import { hashOfPair, PlaceTable } from '../../protocol/gossip/place-table.ts';
import { type Intake, OURSELVES } from './intake.ts';
import { checkedRecord, type MapFile, spentRecord } from './map-file.ts';
import type { OutputSource } from './ports.ts';

export interface OutputChecksOptions {
  readonly map: NetworkMap;
  readonly file: MapFile;
  readonly outputs: OutputSource;
  intake(): Intake;
  /** Who announced it lied. */
  lie(peer: number, reason: string): void;
  /** The channel may be passed on now. */
  checked(channel: number): void;
}

/** After so many blocks a channel whose output was spent is forgotten; a splice may have taken its place until then. */
export const FORGET_AFTER_BLOCKS = 72;
const OUTPOINT_BYTES = 36;

export class OutputChecks {
  readonly #options: OutputChecksOptions;
  /** Channels to look at, with who announced them. */
  #queue = new Map<number, number>();
  #isChecking = false;
  /** Channels whose output was spent. */
  readonly #spent = new Set<number>();

  constructor(options: OutputChecksOptions) {
    this.#options = options;
  }

  /** How many wait to be looked at. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** After the file was read. */
  start(): void {
    const { map } = this.#options;
    for (let channel = 0; channel < map.channel_places; channel++) {
      if (!map.isLive(channel)) continue;
      if (map.channels.spent_height[channel] !== 0) this.#spent.add(channel);
      if (!map.isChecked(channel)) this.#queue.set(channel, OURSELVES);
    }
  }

  add(channel: number, peer: number): void {
    this.#queue.set(channel, peer);
  }

  removed(channel: number): void {
    this.#queue.delete(channel);
    this.#spent.delete(channel);
  }

  /** Looks at what waits, so many at once as the source likes, until nothing waits or nobody can look. */
  async check(): Promise<void> {
    const { outputs } = this.#options;
    if (this.#isChecking || !outputs.can_check_all) return;
    this.#isChecking = true;
    try {
      while (this.#queue.size > 0) {
        const some = [...this.#queue.keys()].slice(0, outputs.claims_at_once);
        if (!(await this.checkThese(some))) return;
      }
    } finally {
      this.#isChecking = false;
    }
  }

  /** Looks at these. False when nobody could look at one of them. */
  async checkThese(channels: readonly number[]): Promise<boolean> {
    const { map, outputs } = this.#options;
    const { scid_high, scid_low } = map.channels;
    const asked = channels
      .filter((channel) => map.isLive(channel) && !map.isChecked(channel))
      .map((channel) => {
        const [high, low] = [scid_high[channel] as number, scid_low[channel] as number];
        const short_channel_id = scidText(high, low) as ShortChannelId;
        return { channel, high, low, claim: { short_channel_id, script_pubkey: this.#script(channel) } };
      });
    const findings = await outputs.check(asked.map(({ claim }) => claim));
    let isComplete = true;
    for (const [index, { high, low, claim }] of asked.entries()) {
      const finding = findings[index] ?? { kind: 'unknown' as const };
      // Its place may belong to another channel by now.
      const channel = map.find(high, low);
      if (channel === -1) continue;
      if (finding.kind === 'unknown') {
        isComplete = false;
        continue;
      }
      const peer = this.#queue.get(channel) ?? OURSELVES;
      this.#queue.delete(channel);
      if (finding.kind === 'unspent') this.#found(channel, finding);
      // Where the output pays to something else, the true announcement may be still to come.
      else this.#options.intake().remove(channel, finding.kind !== 'other_script');
      if (finding.kind === 'other_script') {
        this.#options.lie(peer, `channel ${claim.short_channel_id}: its funding output pays to something else`);
      }
    }
    return isComplete;
  }

  /** A block spends these outpoints: 36 bytes each, as in transactions. */
  spends(height: number, outpoints: Buffer): void {
    const { map, file } = this.#options;
    const spent = new Spent(outpoints);
    if (spent.count === 0) return;
    const { spent_height, outpoint_high, outpoint_low } = map.channels;
    for (let channel = 0; channel < map.channel_places; channel++) {
      if (!spent.has(outpoint_high[channel] as number, outpoint_low[channel] as number)) continue;
      if (!map.isLive(channel) || spent_height[channel] !== 0) continue;
      map.setSpent(channel, height);
      file.append(spentRecord(map, channel), 0);
      this.#spent.add(channel);
    }
  }

  /** The chain is this high: what was spent long enough ago is forgotten. */
  connected(height: number): void {
    const { map } = this.#options;
    for (const channel of [...this.#spent]) {
      const spent_height = map.channels.spent_height[channel] as number;
      if (height >= spent_height + FORGET_AFTER_BLOCKS) this.#options.intake().remove(channel, true);
    }
  }

  /** The block of this height is gone: what it spent is there again. */
  disconnected(height: number): void {
    const { map, file } = this.#options;
    for (const channel of [...this.#spent]) {
      if ((map.channels.spent_height[channel] as number) < height) continue;
      map.setSpent(channel, 0);
      file.append(spentRecord(map, channel), 0);
      this.#spent.delete(channel);
    }
  }

  #found(channel: number, { amount_sat, txid, vout }: { amount_sat: bigint; txid: string; vout: number }): void {
    const { map, file, checked } = this.#options;
    const outpoint = Buffer.alloc(OUTPOINT_BYTES);
    Buffer.from(txid, 'hex').reverse().copy(outpoint);
    outpoint.writeUInt32LE(vout, 32);
    map.setChecked(channel, Number(amount_sat) * 1000, ...fingerprint(outpoint, 0));
    file.append(checkedRecord(map, channel), 0);
    checked(channel);
  }

  /** The script that a channel's funding output must pay to, from the keys of its announcement. */
  #script(channel: number): string {
    const { map, file } = this.#options;
    const announcement = file.read(map.channels.announcement_place[channel] as number);
    const fields = readAnnouncement(announcement);
    if (fields === undefined) throw new RangeError(`the announcement of channel place ${channel} cannot be read`);
    const [one, two] = [fields.bitcoin_1_at, fields.bitcoin_2_at].map((at) => toHex(pointAt(announcement, at)));
    return toHex(fundingScriptPubkey(one as string, two as string));
  }
}

/**
 * The outpoints that one block spends, by their fingerprints. All channels are looked up in these few, rather than these in
 * a table of all channels: a millisecond a block, and no memory between them.
 */
class Spent {
  readonly count: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #table = new PlaceTable((place) => hashOfPair(this.#high[place] as number, this.#low[place] as number));

  constructor(outpoints: Buffer) {
    this.count = Math.floor(outpoints.length / OUTPOINT_BYTES);
    this.#high = new Uint32Array(this.count);
    this.#low = new Uint32Array(this.count);
    for (let place = 0; place < this.count; place++) {
      [this.#high[place], this.#low[place]] = fingerprint(outpoints, OUTPOINT_BYTES * place);
      this.#table.add(place);
    }
  }

  has(high: number, low: number): boolean {
    for (let slot = this.#table.home(hashOfPair(high, low)); ; slot = this.#table.after(slot)) {
      const place = this.#table.at(slot);
      if (place === -1) return false;
      if (this.#high[place] === high && this.#low[place] === low) return true;
    }
  }
}

/** Eight bytes that stand for an outpoint: of the txid, with the output's index mixed in. Never 0 and 0. */
function fingerprint(bytes: Buffer, at: number): [high: number, low: number] {
  const high = (bytes.readUInt32LE(at) ^ Math.imul(bytes.readUInt32LE(at + 32) + 1, 0x9e3779b1)) >>> 0;
  return [high, (bytes.readUInt32LE(at + 4) | 1) >>> 0];
}
