/**
 * A provider of liquidity for the sandbox and the tests: it sells channels by LSPS1 and LSPS2, and passes payments on to
 * the shops that it has channels with. A node of its own, beside Till and no part of it: Till itself forwards nothing.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hkdfSha256 } from '../../../base/crypto/hash.ts';
import { secureRandomBytes } from '../../../base/crypto/random.ts';
import type { Log } from '../../../base/log.ts';
import type { NodeId } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import { NETWORKS, type Network } from '../../../base/types/network.ts';
import { Secret } from '../../../base/types/secret.ts';
import type { ChainBackend } from '../../../infra/chain/backend.ts';
import { openSqliteStore } from '../../../infra/store/sqlite-store.ts';
import { Keys } from '../../../node/keys/keys.ts';
import { loadWords, seedOf } from '../../../node/keys/seed-file.ts';
import type { NetAddress } from '../../../node/peers/index.ts';
import { type Conduct, HONEST } from './conduct.ts';
import type { JitPrice } from './jit-sales.ts';
import type { ChannelPrice } from './order-request.ts';
import { ProviderNode } from './provider-node.ts';
import { Records, recordsFile } from './records.ts';
import { joinSelling } from './selling.ts';

/** What the sandbox's provider asks. Invented: no provider's price is meant. */
export const JIT_PRICE: JitPrice = {
  min_fee_msat: 2_000_000n,
  proportional: 5_000,
  min_payment_size_msat: 30_000_000n,
  max_payment_size_msat: 5_000_000_000n,
  valid_seconds: 24 * 3600,
  client_trusts_lsp: false,
  beyond_sat: 200_000n,
};

/** And for channels that are bought ahead. */
export const CHANNEL_PRICE: ChannelPrice = {
  base_sat: 2_000n,
  proportional: 8_000n,
  onchain_sat: 500n,
  min_lsp_balance_sat: 100_000n,
  max_lsp_balance_sat: 10_000_000n,
  max_client_balance_sat: 1_000_000n,
  order_seconds: 3600,
};

export interface ProviderOptions {
  /** Where it keeps what it has; made when it is missing. */
  readonly dir: string;
  readonly backend: ChainBackend;
  readonly clock: Clock;
  readonly log: Log;
  readonly network?: Network;
  readonly jit_price?: JitPrice;
  readonly channel_price?: ChannelPrice;
  /** Where it listens, on loopback; any port that is free unless given. */
  readonly port?: number;
  /** Lies, for tests. */
  readonly conduct?: Conduct;
}

export class Provider {
  readonly node: ProviderNode;
  readonly address: NetAddress;
  readonly records: Records;

  /** Starts it on what it left. Rejects with what is wrong. */
  static async start(options: ProviderOptions): Promise<Provider> {
    const { dir, backend, clock, log, network = NETWORKS.regtest } = options;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const conduct = options.conduct ?? HONEST;
    const randomBytes = secureRandomBytes;
    const keys = new Keys(seedOf(loadWords(dir, randomBytes), new Secret('')), network);
    const records = new Records(recordsFile(join(dir, 'sold.json')));
    const store = await openSqliteStore({
      directory: dir,
      onFailure: (error) => {
        throw error;
      },
    });
    const { ports, resumeFundings, begin } = joinSelling({
      records,
      conduct,
      jit_price: options.jit_price ?? JIT_PRICE,
      channel_price: options.channel_price ?? CHANNEL_PRICE,
      promise_key: new Secret(hkdfSha256(keys.rune_key.reveal(), new Uint8Array(0), Buffer.from('promises'), 32)),
      keys,
      network,
      clock,
      randomBytes,
      log,
      node: () => node,
      onFault: (what, error) => log.error(`${what}: ${error instanceof Error ? error.stack : String(error)}`),
    });
    const node: ProviderNode = await ProviderNode.open({ store, keys, network, backend, clock, log, ports });
    await node.start();
    await resumeFundings();
    begin();
    const address = await node.listen(options.port);
    return new Provider(node, address, records);
  }

  private constructor(node: ProviderNode, address: NetAddress, records: Records) {
    this.node = node;
    this.address = address;
    this.records = records;
  }

  get node_id(): NodeId {
    return this.node.node_id;
  }

  /** Stops in good order. */
  stop(): Promise<void> {
    return this.node.stop();
  }
}
