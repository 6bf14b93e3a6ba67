/** The world around the reader of a guide: a chain, and a node of somebody else on it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../../src/app/daemon/daemon.ts';
import { parseAddress } from '../../src/base/types/address.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { NodeId } from '../../src/base/types/brand.ts';
import type { LiveChannel } from '../../src/node/channels/live-channel.ts';
import { Town, until } from '../support/town.ts';
import type { Reader } from './reader.ts';

export class Neighbour {
  readonly town: Town;
  readonly node: Daemon;

  /** A chain and a node with 50 BTC. The reader's nodes are on the same chain. */
  static async movesIn(reader: Reader): Promise<Neighbour> {
    const town = await Town.found();
    const node = await town.start('neighbour');
    await town.fund(node);
    mkdirSync(join(reader.home, '.till'), { recursive: true });
    writeFileSync(join(reader.home, '.till', 'config'), `embedded-chain=${join(town.dir, 'chain')}\n`);
    return new Neighbour(town, node);
  }

  /** Another node on the same chain. */
  async another(): Promise<Neighbour> {
    const node = await this.town.start('another');
    await this.town.fund(node);
    return new Neighbour(this.town, node);
  }

  private constructor(town: Town, node: Daemon) {
    this.town = town;
    this.node = node;
  }

  get id(): NodeId {
    return this.node.keys.node_id;
  }

  /** `HOST:PORT`. */
  get address(): string {
    const [address] = this.node.bindings;
    assert.ok(address !== undefined);
    return `${address.host}:${address.port}`;
  }

  /** Mines, and waits until the reader's node has seen it. */
  async mine(reader: Reader, count: number, script_pubkey?: string): Promise<void> {
    await this.town.mine(count, script_pubkey);
    const { height } = await this.town.chain.tip();
    await reader.until('till --regtest getinfo', (info) => JSON.parse(info).blockheight === height);
  }

  /** Pays an address, deep enough to be spent. */
  async payTo(reader: Reader, address: string): Promise<void> {
    const script_pubkey = parseAddress(address)?.script_pubkey;
    assert.ok(script_pubkey !== undefined, address);
    await this.mine(reader, 1, script_pubkey);
    await this.mine(reader, 100);
  }

  /** Opens a channel to the reader's node, which listens on loopback, and waits until both can use it. */
  async opensChannel(reader: Reader, node_id: string, port: number, funding_sat: number, push_msat = 0): Promise<void> {
    await this.node.peers.connect(node_id as NodeId, { host: '127.0.0.1', port });
    const peer = this.node.channels.peer(node_id as NodeId);
    assert.ok(peer !== undefined);
    const end = await this.node.channels.open(peer, {
      funding_satoshis: sat(funding_sat),
      push_msat: msat(push_msat),
      feerate_per_kw: 1000,
      announce_channel: false,
    });
    assert.equal(end.kind, 'channel', JSON.stringify(end));
    await until(() => this.town.chain.pending.length > 0);
    await this.mine(reader, 6);
    await this.untilUsable(reader);
  }

  /** Waits until every channel of the reader's node can carry payments, at both ends. */
  async untilUsable(reader: Reader): Promise<void> {
    await reader.until('till --regtest listpeerchannels', (text) =>
      JSON.parse(text).channels.every(
        (each: { state: string; peer_connected: boolean }) => each.state === 'CHANNELD_NORMAL' && each.peer_connected,
      ),
    );
    const isUsable = ({ state, remote_update }: LiveChannel): boolean =>
      state.phase !== 'opening' && (state.phase !== 'normal' || remote_update !== undefined);
    await until(() => this.node.channels.list().every(isUsable));
  }

  /** An invoice of the neighbour. */
  async asksFor(amount_msat: number, label: string): Promise<string> {
    const { invoice } = await this.node.invoices.create({ amount_msat: msat(amount_msat), label, description: label });
    return invoice.bolt11;
  }

  /** Waits until the reader's node has asked it to close every channel, and it has done so. */
  async closesWhatIsAsked(): Promise<void> {
    await until(() => this.town.chain.pending.length > 0);
  }

  async close(): Promise<void> {
    await this.town.close();
  }
}
