/** The module's only entry: bytes to messages and back. */
import { AmountError } from '../../base/types/amount.ts';
import { Reader, WireError, Writer } from './bytes.ts';
import * as channel from './channel-messages.ts';
import * as gossip from './gossip-messages.ts';
import * as lsps from './lsps-messages.ts';
import type { MessageOf } from './message.ts';
import * as setup from './setup-messages.ts';

export { WireError } from './bytes.ts';
export type * from './channel-messages.ts';
export type * from './gossip-messages.ts';
export type * from './lsps-messages.ts';
export type * from './setup-messages.ts';

/** The longest that a message can be: its length has two bytes in the transport (BOLT 8). */
export const MAX_MESSAGE_BYTES = 65_535;

/** The most that a node keeps for a peer (BOLT 1, Peer Storage): beside a number and a length, it fits a message. */
export const MAX_STORAGE_BYTES = 65_531;

const DEFINITIONS = { ...setup, ...channel, ...gossip, ...lsps };
type Definitions = typeof DEFINITIONS;

/** Every message that Till knows. */
export type KnownMessage = { [Name in keyof Definitions]: MessageOf<Definitions[Name]> }[keyof Definitions];

/** A message of a number that Till does not know: passed over when the number is odd, refused when it is even. */
export interface UnknownMessage {
  readonly type: 'unknown';
  readonly number: number;
}

export type Message = KnownMessage | UnknownMessage;

type AnyDefinition = {
  number: number;
  name: string;
  read: (reader: Reader) => Message;
  write: (writer: Writer, message: never) => void;
};
const BY_NUMBER = new Map<number, AnyDefinition>();
const BY_NAME = new Map<string, AnyDefinition>();
for (const definition of Object.values(DEFINITIONS) as unknown as AnyDefinition[]) {
  BY_NUMBER.set(definition.number, definition);
  BY_NAME.set(definition.name, definition);
}

/** Reads a message. Throws WireError, and nothing else, for bytes that are none. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const number = reader.u16();
  const definition = BY_NUMBER.get(number);
  if (definition === undefined) return { type: 'unknown', number };
  try {
    return definition.read(reader);
  } catch (error) {
    if (error instanceof WireError) throw new WireError(`${definition.name}: ${error.message}`);
    if (error instanceof AmountError) throw new WireError(`${definition.name}: an amount is too large`);
    throw error;
  }
}

/** The message as bytes. Throws WireError when a field does not fit its place, or the whole does not fit a message. */
export function encodeMessage(message: KnownMessage): Uint8Array {
  const definition = BY_NAME.get(message.type);
  if (definition === undefined) throw new WireError(`there is no message ${message.type}`);
  const writer = new Writer();
  writer.u16(definition.number);
  try {
    definition.write(writer, message as never);
  } catch (error) {
    // A number out of its range: Buffer says which, and which range.
    if (error instanceof RangeError) throw new WireError(`${message.type}: ${error.message}`);
    throw error;
  }
  const bytes = writer.done();
  if (bytes.length > MAX_MESSAGE_BYTES) throw new WireError(`${message.type}: ${bytes.length} bytes are too many`);
  return bytes;
}
