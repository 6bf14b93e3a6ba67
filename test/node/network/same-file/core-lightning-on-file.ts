/** Core Lightning on a map file that it did not gather itself: what it lists, and what ways it finds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { writeMapFile } from '../../../../bench/support/snapshot.ts';
import { CallError, connectToNode } from '../../../../src/api/client/index.ts';
import type { PlainJsonObject } from '../../../../src/api/rpc/json.ts';
import { DaemonProcess } from '../../../peers/daemons/daemon-process.ts';
import { find, findProgram } from '../../../peers/daemons/find.ts';
import { BitcoindProcess, bitcoindMissing } from '../../../support/bitcoind.ts';

const program = find('lightningd');
const bitcoin_cli =
  findProgram('bitcoin-cli') ??
  (process.env.TILL_BITCOIND === undefined ? undefined : join(dirname(process.env.TILL_BITCOIND), 'bitcoin-cli'));

/** Why Core Lightning cannot be asked here; false where it can. */
export const anewMissing: string | false =
  program.missing ?? bitcoindMissing ?? (bitcoin_cli === undefined ? 'no bitcoin-cli, which lightningd needs' : false);

type Row = Readonly<Record<string, unknown>>;

export class CoreLightningOnFile {
  readonly #rpc_file: string;

  private constructor(rpc_file: string) {
    this.#rpc_file = rpc_file;
  }

  /** Starts it on the snapshot. It ends with the test. */
  static async start(t: TestContext, folder: string, timestamp: number): Promise<CoreLightningOnFile> {
    const bitcoind = await BitcoindProcess.start();
    const dir = mkdtempSync(join(tmpdir(), 'till-same-file-'));
    mkdirSync(join(dir, 'regtest'));
    writeFileSync(join(dir, 'conf'), '');
    writeMapFile(folder, join(dir, 'regtest', 'gossip_store'), timestamp, true);
    const args = [
      '--network=regtest',
      `--lightning-dir=${dir}`,
      `--conf=${join(dir, 'conf')}`,
      '--offline',
      `--log-file=${join(dir, 'log')}`,
      `--bitcoin-cli=${bitcoin_cli}`,
      `--bitcoin-datadir=${dir}`,
      '--bitcoin-rpcconnect=127.0.0.1',
      `--bitcoin-rpcport=${bitcoind.rpcport}`,
      `--bitcoin-rpcuser=${bitcoind.user}`,
      `--bitcoin-rpcpassword=${bitcoind.password}`,
    ];
    const daemon = new DaemonProcess(program.path, args, dir);
    t.after(async () => {
      await daemon.end('SIGKILL');
      await bitcoind.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    const node = new CoreLightningOnFile(join(dir, 'regtest', 'lightning-rpc'));
    await daemon.start(() =>
      node.#call('getinfo', {}).then(
        () => true,
        () => false,
      ),
    );
    return node;
  }

  async #call(method: string, params: PlainJsonObject): Promise<PlainJsonObject> {
    const client = await connectToNode(this.#rpc_file);
    try {
      return (await client.callAny(method, params)) as PlainJsonObject;
    } finally {
      client.close();
    }
  }

  /** `listchannels`, a row for each direction. */
  async channelRows(): Promise<readonly (readonly unknown[])[]> {
    const { channels } = (await this.#call('listchannels', {})) as unknown as { channels: readonly Row[] };
    return channels.map((each) => [
      each.source,
      each.destination,
      each.short_channel_id,
      each.direction,
      Number(each.amount_msat),
      each.message_flags,
      each.channel_flags,
      each.active,
      each.last_update,
      each.base_fee_millisatoshi,
      each.fee_per_millionth,
      each.delay,
      Number(each.htlc_minimum_msat),
      Number(each.htlc_maximum_msat),
      each.features,
    ]);
  }

  /** `listnodes`. */
  async nodeRows(): Promise<readonly (readonly unknown[])[]> {
    const { nodes } = (await this.#call('listnodes', {})) as unknown as { nodes: readonly Row[] };
    return nodes.map(({ nodeid, alias, color, last_timestamp, addresses }) => [
      nodeid,
      alias ?? '',
      color,
      last_timestamp,
      addresses,
    ]);
  }

  /** The channels of its way, with their directions; null when it finds none. */
  async pathFor(asked: PlainJsonObject): Promise<readonly string[] | null> {
    try {
      const { route } = (await this.#call('getroute', asked)) as unknown as {
        route: readonly { channel: string; direction: number }[];
      };
      return route.map(({ channel, direction }) => `${channel}/${direction}`);
    } catch (error) {
      if (error instanceof CallError) return null;
      throw error;
    }
  }
}
