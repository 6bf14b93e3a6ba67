/** The source of blocks that the operator chose. */
import { join } from 'node:path';
import type { Clock } from '../../base/types/clock.ts';
import type { ChainBackend } from '../../infra/chain/backend.ts';
import { Bitcoind } from '../../infra/chain/bitcoind.ts';
import { SharedChain } from '../../infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../infra/chain/embedded/embedded-chain.ts';
import { Esplora } from '../../infra/chain/esplora.ts';
import { BITCOIND_PORTS, type Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** The longest that bitcoind or Esplora may take for one answer. */
const TIMEOUT_MS = 30_000;

/** What the node asks for blocks, and what it can ask to mine, when that is its own embedded chain. */
export interface ChosenChain {
  readonly kind: 'embedded' | 'bitcoind' | 'esplora';
  readonly backend: ChainBackend;
  /** Mines on the embedded chain; undefined elsewhere. */
  readonly mine?: (count: number, script_pubkey: string) => Promise<unknown>;
}

/** Throws ConfigError when the options contradict each other. */
export function chooseChain(config: Config, clock: Clock): ChosenChain {
  const { values, network } = config;
  const kind =
    (values.chain as ChosenChain['kind'] | undefined) ?? (network.name === 'regtest' ? 'embedded' : 'bitcoind');
  if (kind === 'embedded') {
    if (network.name !== 'regtest') throw new ConfigError(`chain=embedded is for regtest, not for ${network.name}`);
    const socket = values['embedded-chain'];
    if (socket !== undefined) {
      const shared = new SharedChain(socket);
      return { kind, backend: shared, mine: (count, script) => shared.mine(count, script) };
    }
    const chain = new EmbeddedChain({ clock, file: join(config.network_dir, 'blocks') });
    return { kind, backend: chain, mine: async (count, script) => chain.mine(count, script) };
  }
  if (kind === 'esplora') {
    const url = values['esplora-url'];
    if (url === undefined) throw new ConfigError('chain=esplora needs esplora-url');
    return {
      kind,
      backend: new Esplora({ network: network.name, url: url.replace(/\/$/, ''), timeout_ms: TIMEOUT_MS }),
    };
  }
  const user = values['bitcoin-rpcuser'];
  const password = values['bitcoin-rpcpassword'];
  const datadir = values['bitcoin-datadir'];
  if (user === undefined && datadir === undefined) {
    throw new ConfigError(
      `${network.name} needs a source of blocks: bitcoin-datadir (for its cookie), or bitcoin-rpcuser and bitcoin-rpcpassword, or chain=esplora with esplora-url`,
    );
  }
  const backend = new Bitcoind({
    network: network.name,
    'bitcoin-rpcconnect': values['bitcoin-rpcconnect'],
    'bitcoin-rpcport': values['bitcoin-rpcport'] ?? BITCOIND_PORTS[network.name],
    ...(user === undefined ? {} : { 'bitcoin-rpcuser': user }),
    ...(password === undefined ? {} : { 'bitcoin-rpcpassword': password }),
    ...(datadir === undefined ? {} : { 'bitcoin-datadir': datadir }),
    timeout_ms: TIMEOUT_MS,
  });
  return { kind, backend };
}
