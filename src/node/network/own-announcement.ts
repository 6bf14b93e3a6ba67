/**
 * What we say of ourselves to the network (BOLT 7, The node_announcement Message): once a channel of ours is announced,
 * when the content changes, and again before others forget it.
 */
import { sha256d } from '../../base/crypto/hash.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { encodeFeatures, type Features } from '../../base/types/features.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { encodeMessage, type KnownMessage } from '../../codec/wire/index.ts';
import { type NodeAddress, writeAddresses } from '../../protocol/gossip/addresses.ts';
import { SIGNED_FROM } from '../../protocol/gossip/fields.ts';
import { NetworkStopped, type PublicNetwork } from './public-network.ts';
import type { NodeDetails } from './questions.ts';

/** How the node presents itself. */
export interface OwnContent {
  readonly alias: string;
  /** Six hex digits. */
  readonly color: string;
  readonly features: Features;
  readonly addresses: readonly NodeAddress[];
}

export interface OwnAnnouncementOptions {
  readonly node_id: NodeId;
  /** A compact signature of the node's key over a digest of 32 bytes. */
  signAsNode(digest: Uint8Array): Uint8Array;
  content(): OwnContent;
  /** Nobody takes the announcement of a node without a public channel. */
  hasPublicChannel(): boolean;
  readonly network: Pick<PublicNetwork, 'ask' | 'say'>;
  readonly clock: Clock;
  log(level: 'warn', text: string): void;
}

const LOOK_EVERY_MS = 3_600_000;
/** Others forget after two weeks. */
const REFRESH_SECONDS = 12 * 24 * 3600;
const ALIAS_BYTES = 32;

export class OwnAnnouncement {
  readonly #options: OwnAnnouncementOptions;
  #cancel: () => void = () => {};

  constructor(options: OwnAnnouncementOptions) {
    this.#options = options;
  }

  start(): void {
    this.lookSoon();
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => this.start());
  }

  stop(): void {
    this.#cancel();
  }

  /** Looks whether it is time, in the background. */
  lookSoon(): void {
    this.look().catch((error: Error) => {
      // When the thread of the map has ended nobody can be told anything, and that was reported.
      if (!(error instanceof NetworkStopped)) this.#options.log('warn', `node_announcement: ${error.message}`);
    });
  }

  /** Says it, if it is time for that. */
  async look(): Promise<void> {
    const { node_id, content, hasPublicChannel, network, clock } = this.#options;
    if (!hasPublicChannel()) return;
    const { entries } = await network.ask('nodes', { id: node_id, from: 0 });
    const last = entries[0]?.details;
    const now = clock.nowSeconds();
    const own = content();
    const isFresh = last !== undefined && now - last.last_timestamp < REFRESH_SECONDS && isSame(last, own);
    // The same message again where nothing has changed: peers that have it drop it.
    const timestamp = isFresh ? last.last_timestamp : Math.max(now, (last?.last_timestamp ?? 0) + 1);
    network.say('node', this.#sign(own, timestamp));
  }

  #sign({ alias, color, features, addresses }: OwnContent, timestamp: number): Uint8Array {
    const { node_id, signAsNode } = this.#options;
    const unsigned: Extract<KnownMessage, { type: 'node_announcement' }> = {
      type: 'node_announcement',
      signature: '00'.repeat(64),
      features,
      timestamp,
      node_id,
      rgb_color: fromHex(color),
      alias: aliasBytes(alias),
      addresses: writeAddresses(addresses),
      excess: new Uint8Array(0),
    };
    const digest = sha256d(encodeMessage(unsigned).subarray(SIGNED_FROM.node_announcement));
    return encodeMessage({ ...unsigned, signature: toHex(signAsNode(digest)) });
  }
}

/** The alias in 32 bytes, zeros behind it. It is never cut inside a letter. */
function aliasBytes(alias: string): Uint8Array {
  const bytes = Buffer.alloc(ALIAS_BYTES);
  bytes.write(alias, 'utf8');
  return bytes;
}

function isSame(said: NodeDetails, own: OwnContent): boolean {
  const alias = Buffer.from(aliasBytes(own.alias))
    .toString('hex')
    .replace(/(00)+$/, '');
  return (
    said.alias === alias &&
    said.color === own.color.toLowerCase() &&
    said.features === toHex(encodeFeatures(own.features)) &&
    writeAddresses(said.addresses).equals(writeAddresses(own.addresses))
  );
}
