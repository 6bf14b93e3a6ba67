/**
 * Backups of the node: the file `emergency.recover`, which is rewritten whenever a channel comes or goes; the same as
 * text, and for peers to keep (peer-storage.ts); and the way back from each.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../base/crypto/hash.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { Store } from '../../infra/store/store.ts';
import { writeWhole } from '../../infra/store/whole-file.ts';
import { isUnfunded } from '../../protocol/channel/funding.ts';
import { lostChannel } from '../../protocol/channel/lost.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';
import { isCopyOf, openFromPeer, type PeerSeal, sealForPeer } from './peer-copy.ts';
import { BackupError, openBackups, type StaticBackup, sealBackups } from './static-backup.ts';

/** The file of all static backups in the node's directory, as Core Lightning calls it. */
export const EMERGENCY_FILE = 'emergency.recover';

/** A channel as far as its backup is concerned. */
export interface SavedChannel {
  readonly peer_id: NodeId;
  readonly key_id: string;
  readonly state: ChannelState;
}

/** How a peer's copy compares with what we know. */
export type PeerCopy = 'current' | 'other' | 'unreadable';

export interface BackupsOptions {
  /** The node's directory. */
  readonly dir: string;
  readonly seal: PeerSeal;
  readonly store: Store;
  readonly randomBytes: RandomBytes;
  readonly channels: {
    /** Those that are not history. */
    list(): readonly SavedChannel[];
    recover(peer_id: NodeId, key_id: string, state: ChannelState): Promise<void>;
  };
  /** A fresh script of the wallet, hex. */
  readonly newScript: () => Promise<string>;
  /** Calls a peer, now and until it answers. */
  readonly callPeer: (peer_id: NodeId, address: string) => Promise<void>;
  /** What backups hold is not what it was. */
  readonly onChanged?: () => void;
  readonly log: { info(text: string): void; warn(text: string): void };
}

export class Backups {
  readonly #options: BackupsOptions;
  /** Where peers were reached last, HOST:PORT. */
  readonly #addresses = new Map<NodeId, string>();
  /** Peers without an address that the operator was told of. */
  readonly #warned = new Set<NodeId>();
  /** What the file holds and the database does not know: of a node before this one. It stays until it is recovered. */
  #unknown: readonly StaticBackup[] = [];
  /** Whether the operator was told that peers cannot keep all. */
  #has_told_of_room = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  /**
   * Reads the file, before anything writes it. One that cannot be read is put aside: the node does not depend on it, and
   * it may be worth something to another.
   */
  async start(addresses: ReadonlyMap<NodeId, string>): Promise<void> {
    const { log, dir } = this.#options;
    for (const [peer_id, address] of addresses) this.#addresses.set(peer_id, address);
    try {
      this.#unknown = await this.#withoutKnown(this.#readFile());
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      const aside = `${EMERGENCY_FILE}.unreadable`;
      renameSync(join(dir, EMERGENCY_FILE), join(dir, aside));
      log.warn(`${EMERGENCY_FILE} was put aside as ${aside}: ${error.message}`);
    }
    const count = this.#unknown.length;
    if (count === 0) return;
    log.warn(
      `${EMERGENCY_FILE} holds ${count} channel(s) that this database does not know: run \`till emergencyrecover\` to get their money back`,
    );
  }

  /** A channel has come or gone, and that is durable: the file follows at once. */
  changed(): void {
    const { dir, seal, randomBytes, log, onChanged } = this.#options;
    this.#warnOfNoAddress();
    const backups = [...this.#unknown, ...this.#all()];
    try {
      writeWhole(join(dir, EMERGENCY_FILE), sealBackups(backups, seal, randomBytes));
    } catch (error) {
      log.warn(`${EMERGENCY_FILE} could not be written: ${error instanceof Error ? error.message : String(error)}`);
    }
    onChanged?.();
  }

  /** Tells what peers are to keep for us from what it was before. */
  peerContent(): string {
    return toHex(
      sha256(
        Buffer.from(
          this.#worthKeeping()
            .map(({ terms }) => terms.channel_id)
            .join(),
        ),
      ),
    );
  }

  /**
   * What a peer is to keep for us, in so many bytes at most. Those that were here before us come first: nobody else knows
   * of them.
   */
  forPeers(most_bytes: number): Uint8Array {
    const { seal, randomBytes, log } = this.#options;
    const { blob, left_out } = sealForPeer(this.#worthKeeping(), seal, randomBytes, most_bytes);
    if (left_out > 0 && !this.#has_told_of_room) {
      this.#has_told_of_room = true;
      log.warn(
        `what peers keep for us has no room for ${left_out} channel(s): copy ${EMERGENCY_FILE}, which holds all, to another machine`,
      );
    }
    return blob;
  }

  /**
   * What a peer has kept for us comes back. Channels of it that the database does not know go into the file, where
   * `emergencyrecover` finds them; that is durable when this resolves. `most_bytes` is what the peer would be given now.
   */
  async returned(peer_id: NodeId, blob: Uint8Array, most_bytes: number): Promise<PeerCopy> {
    const { seal, log } = this.#options;
    let copy: readonly StaticBackup[];
    try {
      copy = openFromPeer(blob, seal);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      // Strangers were given nothing.
      if (this.#options.channels.list().some((channel) => channel.peer_id === peer_id))
        log.warn(`peer ${peer_id} returned something else than what it was given to keep: ${error.message}`);
      return 'unreadable';
    }
    const unknown = await this.#withoutKnown(copy);
    const held = new Set(this.#unknown.map(({ terms }) => terms.channel_id));
    const found = unknown.filter(({ terms }) => !held.has(terms.channel_id));
    if (found.length > 0) {
      this.#unknown = [...this.#unknown, ...found];
      this.changed();
      log.warn(
        `peer ${peer_id} returned a backup of ${found.length} channel(s) that this database does not know: run ` +
          '`till emergencyrecover` to get their money back',
      );
    }
    return isCopyOf({ length: blob.length, content: copy }, this.#worthKeeping(), seal, most_bytes)
      ? 'current'
      : 'other';
  }

  /** The peer is there, as far as anybody knows. */
  foundAt(peer_id: NodeId, address: string): void {
    if (this.#addresses.get(peer_id) === address) return;
    this.#addresses.set(peer_id, address);
    if (this.#options.channels.list().some((channel) => channel.peer_id === peer_id)) this.changed();
  }

  /** Peers with a channel that nobody knows an address of: after a loss of data they must call us. */
  withoutAddress(): readonly NodeId[] {
    const peers = this.#options.channels.list().map(({ peer_id }) => peer_id);
    return [...new Set(peers)].filter((peer_id) => !this.#addresses.has(peer_id));
  }

  /** Said once for each peer: the operator may know where it is. */
  #warnOfNoAddress(): void {
    for (const peer_id of this.withoutAddress()) {
      if (this.#warned.has(peer_id)) continue;
      this.#warned.add(peer_id);
      this.#options.log.warn(
        `no address of peer ${peer_id} is known, because it called us: its channel's backup would not say where to ask for ` +
          'the money. Give it one with: till connect ID@HOST:PORT',
      );
    }
  }

  /** The backup of each channel, sealed, hex. */
  each(): readonly string[] {
    const { seal, randomBytes } = this.#options;
    return this.#all().map((backup) => toHex(sealBackups([backup], seal, randomBytes)));
  }

  /** Takes back the channels of the file that the database does not know; answers which. */
  async recoverFile(): Promise<readonly ChannelId[]> {
    return await this.#recover([...this.#readFile(), ...this.#unknown]);
  }

  /** Takes back the channels of these texts that the database does not know; answers which. Throws BackupError. */
  async recover(sealed: readonly string[]): Promise<readonly ChannelId[]> {
    return await this.#recover(sealed.flatMap((text) => openBackups(fromHex(text), this.#options.seal)));
  }

  async #recover(backups: readonly StaticBackup[]): Promise<readonly ChannelId[]> {
    const { channels, newScript, callPeer, log } = this.#options;
    const recovered: ChannelId[] = [];
    for (const { peer_id, address: saved_address, key_id, terms } of await this.#withoutKnown(backups)) {
      // Where the operator says that the peer is counts more than where it was.
      const address = this.#addresses.get(peer_id) ?? saved_address;
      // The address of the backup may be of a wallet that nobody has any more.
      const default_shutdown_script = await newScript();
      await channels.recover(peer_id, key_id, lostChannel({ ...terms, default_shutdown_script }));
      this.#unknown = this.#unknown.filter((each) => each.terms.channel_id !== terms.channel_id);
      recovered.push(terms.channel_id);
      log.info(`channel ${terms.channel_id} is recovered from a backup: its peer ${peer_id} is asked to close it`);
      if (address === undefined) {
        log.warn(
          `the address of peer ${peer_id} is not known: run \`till connect ${peer_id}@HOST:PORT\`, or wait until the peer connects`,
        );
      } else {
        this.#addresses.set(peer_id, address);
        await callPeer(peer_id, address);
      }
    }
    this.changed();
    return recovered;
  }

  #all(): readonly StaticBackup[] {
    return this.#options.channels.list().map((channel) => this.#backupOf(channel));
  }

  /** Without channels in which nothing of ours can be: strangers begin those for nothing. */
  #worthKeeping(): readonly StaticBackup[] {
    const funded = this.#options.channels.list().filter(({ state }) => !isUnfunded(state));
    return [...this.#unknown, ...funded.map((channel) => this.#backupOf(channel))];
  }

  #backupOf({ peer_id, key_id, state }: SavedChannel): StaticBackup {
    return { peer_id, address: this.#addresses.get(peer_id), key_id, terms: state.terms };
  }

  #readFile(): readonly StaticBackup[] {
    const { dir, seal } = this.#options;
    let sealed: Uint8Array;
    try {
      sealed = readFileSync(join(dir, EMERGENCY_FILE));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return openBackups(sealed, seal);
  }

  async #withoutKnown(backups: readonly StaticBackup[]): Promise<readonly StaticBackup[]> {
    const unknown = new Map<ChannelId, StaticBackup>();
    for (const backup of backups) {
      const { channel_id } = backup.terms;
      const found = await this.#options.store.read('SELECT 1 AS found FROM channels WHERE channel_id = ?', [
        channel_id,
      ]);
      if (found.length === 0) unknown.set(channel_id, backup);
    }
    return [...unknown.values()];
  }
}
