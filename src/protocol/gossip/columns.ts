/**
 * The map's arrays: one entry a channel, a half of a channel or a node. They grow in place, in address space that is
 * reserved beforehand: a copy for each growth would leave holes in the process's memory as large as the map.
 */

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

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

/** What is known of each node. */
export class NodeColumns {
  /** 33 bytes each. */
  id = new Uint8Array(0);
  /** How many channels it has. */
  degree = new Uint32Array(0);
  /** Of its newest announcement; 0 when it has none. */
  timestamp = new Uint32Array(0);
  announcement_place = new Uint32Array(0);
  /** 1 when it has features that nobody may route through without knowing them. */
  is_strange = new Uint8Array(0);

  grow(length: number): void {
    this.id = grown(this.id, length, 33);
    this.degree = grown(this.degree, length);
    this.timestamp = grown(this.timestamp, length);
    this.announcement_place = grown(this.announcement_place, length);
    this.is_strange = grown(this.is_strange, length);
  }
}

function growAll(columns: object, length: number): void {
  const fields = columns as Record<string, Column>;
  for (const [name, column] of Object.entries(fields)) fields[name] = grown(column, length);
}

/** What an array may become before it has to be moved: several times what the network has. */
const RESERVED_ENTRIES = 600_000;

/** `width` elements are one entry. */
function grown<T extends Column>(column: T, length: number, width = 1): T {
  const entry_bytes = width * column.BYTES_PER_ELEMENT;
  const bytes = length * entry_bytes;
  const buffer = column.buffer as ArrayBuffer;
  if (buffer.resizable && bytes <= buffer.maxByteLength) {
    buffer.resize(bytes);
    return column;
  }
  const maxByteLength = Math.max(2 * bytes, RESERVED_ENTRIES * entry_bytes);
  const larger = new ArrayBuffer(bytes, { maxByteLength });
  const longer = new (column.constructor as new (buffer: ArrayBuffer) => T)(larger);
  longer.set(column as never);
  return longer;
}
