/**
 * The map's arrays: one entry a channel, a half of a channel or a node. Those of one kind lie side by side in one block
 * of memory. When they grow, the block before is freed at once: left to the garbage collector, it would make the thread's
 * memory as large again as the map.
 */

type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** What is known of each channel. */
export class ChannelColumns {
  scid_high = new Uint32Array(0);
  scid_low = new Uint32Array(0);
  /** 0 while nobody has looked at the funding output. */
  capacity_msat = new Float64Array(0);
  /** Bits of CHANNEL_BITS. */
  status = new Uint8Array(0);
  /** The block that spent the funding output; 0 while it is there. */
  spent_height = new Uint32Array(0);
  /** Half of the funding txid's first eight bytes, mixed with the output's index; 0 and 0 while it is not known. */
  outpoint_high = new Uint32Array(0);
  outpoint_low = new Uint32Array(0);
  /** Unix time. */
  added_at = new Uint32Array(0);
  /** Where its announcement lies in the file. */
  announcement_place = new Uint32Array(0);

  /** Makes room for so many. */
  grow(length: number): void {
    growAll(this, length);
  }
}

/** What is known of each direction of a channel: 2 * channel + direction, 0 from the lesser node id. */
export class HalfColumns {
  /** The node that this half begins at. It ends at that of the other half. */
  node = new Uint32Array(0);
  fee_base_msat = new Uint32Array(0);
  fee_ppm = new Uint32Array(0);
  cltv_expiry_delta = new Uint16Array(0);
  htlc_minimum_msat = new Float64Array(0);
  htlc_maximum_msat = new Float64Array(0);
  message_flags = new Uint8Array(0);
  channel_flags = new Uint8Array(0);
  /** Of its newest update; 0 when it has none. */
  timestamp = new Uint32Array(0);
  checksum = new Uint32Array(0);
  update_place = new Uint32Array(0);
  /** 1 when payments may be routed through it. */
  usable = new Uint8Array(0);

  grow(length: number): void {
    growAll(this, length);
  }
}

/** The bytes of a node's id. */
export const ID_BYTES = 33;

/** What is known of each node. */
export class NodeColumns {
  /** ID_BYTES for each. */
  id = new Uint8Array(0);
  /** How many channels it has. */
  degree = new Uint32Array(0);
  /** Of its newest announcement; 0 when it has none. */
  timestamp = new Uint32Array(0);
  announcement_place = new Uint32Array(0);
  /** 1 when it has features that nobody may route through without knowing them. */
  is_strange = new Uint8Array(0);

  grow(length: number): void {
    growAll(this, length, { id: ID_BYTES });
  }
}

/** `widths`: how many elements are one entry, where it is not one. Views of the arrays that somebody kept are empty afterwards. */
function growAll(columns: object, length: number, widths: Readonly<Record<string, number>> = {}): void {
  const fields = columns as Record<string, Column>;
  const plans = Object.entries(fields).map(([name, column]) => {
    const elements = length * (widths[name] ?? 1);
    return { name, column, elements, bytes: 8 * Math.ceil((elements * column.BYTES_PER_ELEMENT) / 8) };
  });
  const block = new ArrayBuffer(plans.reduce((sum, { bytes }) => sum + bytes, 0));
  let at = 0;
  for (const { name, column, elements, bytes } of plans) {
    const Kind = column.constructor as new (buffer: ArrayBuffer, at: number, length: number) => Column;
    const longer = new Kind(block, at, elements);
    longer.set(column);
    fields[name] = longer;
    at += bytes;
  }
  for (const { column } of plans) if (!column.buffer.detached) column.buffer.transfer(0);
}
