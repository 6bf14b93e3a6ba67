/** A small public network for tests: nodes and channels with real signatures, as gossip messages. */
import { sha256, sha256d } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { encodeMessage, type KnownMessage } from '../../../src/codec/wire/index.ts';
import type { NodeAddress } from '../../../src/protocol/gossip/addresses.ts';
import { writeAddresses } from '../../../src/protocol/gossip/addresses.ts';

export const CHAIN_HASH = NETWORKS.regtest.chain_hash;
const NOTHING = new Uint8Array(0);
const EMPTY = '00'.repeat(64);

/** A private key by a name. */
export function keyOf(name: string): Uint8Array {
  return sha256(Buffer.from(`a key of a test: ${name}`));
}

/** Ids that were worked out: a whole network asks for each of them a dozen times. */
const ids = new Map<string, NodeId>();

/** The node id, or another public key, of a name. */
export function idOf(name: string): NodeId {
  const known = ids.get(name);
  if (known !== undefined) return known;
  const id = toHex(curve.publicKey(keyOf(name))) as NodeId;
  ids.set(name, id);
  return id;
}

function signed<T extends KnownMessage>(message: T, from: number, signers: Readonly<Record<string, string>>): Buffer {
  const digest = sha256d(encodeMessage(message).subarray(from));
  const signatures = Object.fromEntries(
    Object.entries(signers).map(([field, name]) => [field, toHex(curve.sign(digest, keyOf(name)))]),
  );
  return Buffer.from(encodeMessage({ ...message, ...signatures }));
}

/** The announcement of a channel between two nodes. */
export function announcement(
  one: string,
  two: string,
  short_channel_id: string,
  changes: Partial<Extract<KnownMessage, { type: 'channel_announcement' }>> = {},
  bitcoin_signers?: readonly [string, string],
): Buffer {
  const [first, second] = idOf(one) < idOf(two) ? [one, two] : [two, one];
  const message: KnownMessage = {
    type: 'channel_announcement',
    node_signature_1: EMPTY,
    node_signature_2: EMPTY,
    bitcoin_signature_1: EMPTY,
    bitcoin_signature_2: EMPTY,
    features: new Set(),
    chain_hash: CHAIN_HASH,
    short_channel_id: short_channel_id as ShortChannelId,
    node_id_1: idOf(first),
    node_id_2: idOf(second),
    bitcoin_key_1: idOf(`${short_channel_id} ${first}`),
    bitcoin_key_2: idOf(`${short_channel_id} ${second}`),
    excess: NOTHING,
    ...changes,
  };
  return signed(message, 258, {
    node_signature_1: first,
    node_signature_2: second,
    bitcoin_signature_1: bitcoin_signers?.[0] ?? `${short_channel_id} ${first}`,
    bitcoin_signature_2: bitcoin_signers?.[1] ?? `${short_channel_id} ${second}`,
  });
}

/** What a direction asks, where a test says nothing else. */
export interface UpdateTerms {
  readonly timestamp: number;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: Msat;
  readonly htlc_maximum_msat: Msat;
  readonly message_flags: number;
  readonly disabled: boolean;
}

/** The update of the direction from one node to another. */
export function update(
  from: string,
  to: string,
  short_channel_id: string,
  terms: Partial<UpdateTerms> & { readonly timestamp: number },
): Buffer {
  const { disabled = false, ...rest } = terms;
  const message: KnownMessage = {
    type: 'channel_update',
    signature: EMPTY,
    chain_hash: CHAIN_HASH,
    short_channel_id: short_channel_id as ShortChannelId,
    message_flags: 1,
    channel_flags: (idOf(from) < idOf(to) ? 0 : 1) | (disabled ? 2 : 0),
    cltv_expiry_delta: 40,
    htlc_minimum_msat: msat(1),
    fee_base_msat: 1000,
    fee_proportional_millionths: 100,
    htlc_maximum_msat: msat(900_000_000),
    excess: NOTHING,
    ...rest,
  };
  return signed(message, 66, { signature: from });
}

/** What a node says of itself. */
export function nodeAnnouncement(
  name: string,
  timestamp: number,
  addresses: readonly NodeAddress[] = [],
  features: ReadonlySet<number> = new Set(),
): Buffer {
  const alias = Buffer.alloc(32);
  alias.write(name);
  const message: KnownMessage = {
    type: 'node_announcement',
    signature: EMPTY,
    features,
    timestamp,
    node_id: idOf(name),
    rgb_color: fromHex('0a0b0c'),
    alias,
    addresses: writeAddresses(addresses),
    excess: NOTHING,
  };
  return signed(message, 66, { signature: name });
}

/** A channel with both its directions. */
export function street(one: string, two: string, short_channel_id: string, timestamp: number): Buffer[] {
  return [
    announcement(one, two, short_channel_id),
    update(one, two, short_channel_id, { timestamp }),
    update(two, one, short_channel_id, { timestamp }),
  ];
}
