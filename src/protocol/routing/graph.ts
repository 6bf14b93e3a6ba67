/**
 * What a search needs to know of the network, as typed arrays. A half is one direction of a channel: half `h` runs from
 * node `node[h]` to node `node[h ^ 1]`, and both directions of a channel are `2 * channel` and `2 * channel + 1`.
 */

/** The network as a search sees it. */
export interface Graph {
  readonly node_places: number;
  readonly half_places: number;
  /** The node that each half begins at. */
  readonly node: Uint32Array;
  /** Which halves end at each node: `halves[starts[node]]` up to `halves[starts[node + 1]]`. */
  readonly rows: { readonly starts: Uint32Array; readonly halves: Uint32Array };
  readonly usable: Uint8Array;
  readonly fee_base_msat: Uint32Array;
  readonly fee_ppm: Uint32Array;
  readonly cltv_expiry_delta: Uint16Array;
  readonly htlc_minimum_msat: Float64Array;
  readonly htlc_maximum_msat: Float64Array;
  /** By channel; 0 where nobody has looked at the funding output. */
  readonly capacity_msat: Float64Array;
  /** 1 for nodes that must not be routed through. */
  readonly is_strange: Uint8Array;
}

/** A half that is not in the map: a channel of ours, or one that an invoice names. */
export interface ExtraHalf {
  readonly from: number;
  readonly to: number;
  readonly fee_base_msat: number;
  readonly fee_ppm: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: number;
  /** The most that it carries; Infinity when nobody says. */
  readonly most_msat: number;
  /** Exactly known: no price for uncertainty. */
  readonly is_certain: boolean;
}

/** What a channel can hold as far as anybody knows: what is in it, else the most that either direction lets through. */
export function capacityOf(graph: Graph, half: number): number {
  const capacity_msat = graph.capacity_msat[half >>> 1] as number;
  if (capacity_msat !== 0) return capacity_msat;
  return Math.max(graph.htlc_maximum_msat[half] as number, graph.htlc_maximum_msat[half ^ 1] as number);
}

/** The fee for letting so much through, in msat. */
export function feeFor(fee_base_msat: number, fee_ppm: number, amount_msat: number): number {
  const product = amount_msat * fee_ppm;
  // Beyond the exact integers of a number.
  if (product > Number.MAX_SAFE_INTEGER) {
    return fee_base_msat + Number((BigInt(amount_msat) * BigInt(fee_ppm)) / 1_000_000n);
  }
  return fee_base_msat + Math.floor(product / 1_000_000);
}
