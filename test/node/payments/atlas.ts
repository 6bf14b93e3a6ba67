/** A map of a public network for payments in tests: real searches in a real map, without gossip and without a thread. */

import { networkWays } from '../../../src/app/daemon/network-ways.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { ManualClock } from '../../../src/base/types/clock.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { ChannelLesson, Questions } from '../../../src/node/network/questions.ts';
import { findWays, halfFrom } from '../../../src/node/network/way-answers.ts';
import type { NetworkWays } from '../../../src/node/payments/ports.ts';
import { scidHalves } from '../../../src/protocol/gossip/fields.ts';
import { NetworkMap } from '../../../src/protocol/gossip/network-map.ts';
import { Knowledge } from '../../../src/protocol/routing/knowledge.ts';
import { Searches } from '../../../src/protocol/routing/parts.ts';

/** What a direction of a road asks, where a test says nothing else. */
interface Toll {
  readonly base_msat?: number;
  readonly ppm?: number;
  readonly delta?: number;
  readonly most_msat?: number;
}

export class Atlas {
  readonly map = new NetworkMap();
  readonly knowledge = new Knowledge();
  readonly lessons: ChannelLesson[] = [];
  readonly #searches = new Searches();
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** A public channel of so much, with the same toll both ways. */
  road(one: NodeId, two: NodeId, name: string, capacity_msat: number, toll: Toll = {}): void {
    const halves = scidHalves(name);
    if (halves === undefined) throw new RangeError(`${name} is no short_channel_id`);
    const [first, second] = one < two ? [one, two] : [two, one];
    const channel = this.map.add({ ...halves, node_1_at: 0, node_2_at: 33 }, fromHex(first + second), {
      added_at: 1,
      is_strange: false,
      announcement_place: 0,
    });
    this.map.setChecked(channel, capacity_msat, 0, 0);
    for (const direction of [0, 1]) this.toll(channel, direction, toll, capacity_msat);
  }

  /** What one direction asks from now on. */
  toll(channel: number, direction: number, toll: Toll, capacity_msat: number): void {
    const { scid_high, scid_low } = this.map.channels;
    const fields = {
      scid_high: scid_high[channel] as number,
      scid_low: scid_low[channel] as number,
      chain_hash_at: 0,
      timestamp: this.#clock.nowSeconds(),
      message_flags: 1,
      channel_flags: direction,
      cltv_expiry_delta: toll.delta ?? 40,
      htlc_minimum_msat: 1,
      fee_base_msat: toll.base_msat ?? 1000,
      fee_proportional_millionths: toll.ppm ?? 100,
      htlc_maximum_msat: toll.most_msat ?? capacity_msat,
    };
    this.map.update(channel, fields, 0, 0);
  }

  /** The map as payments see it. */
  ways(node_id: NodeId): NetworkWays {
    const finder = { map: this.map, knowledge: this.knowledge, searches: this.#searches };
    const ask = async (_name: 'ways', asked: Questions['ways']['asked']) =>
      findWays(finder, asked, this.#clock.nowSeconds());
    const learn = (lessons: readonly ChannelLesson[]): void => {
      this.lessons.push(...lessons);
      for (const { node_id: from, short_channel_id, amount_msat, has_carried } of lessons) {
        const half = halfFrom(this.map, from, short_channel_id);
        if (half === undefined) continue;
        if (has_carried) this.knowledge.carried(half, amount_msat, this.#clock.nowSeconds());
        else this.knowledge.refused(half, amount_msat, this.#clock.nowSeconds());
      }
    };
    return networkWays(node_id, () => ({ ask: ask as never, learn }));
  }

  /** The names of the channels behind our peer. */
  static names(...names: readonly string[]): readonly ShortChannelId[] {
    return names as readonly ShortChannelId[];
  }
}
