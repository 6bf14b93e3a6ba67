/** The source of blocks that the operator chose. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/types/clock.ts';
import type { ChainBackend } from '../../infra/chain/backend.ts';
import { defaultBitcoinDir, findBitcoind } from '../../infra/chain/bitcoin-conf.ts';
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
  /** For people: what it is and where. */
  readonly name: string;
  readonly backend: ChainBackend;
  /** Mines on the embedded chain; undefined elsewhere. */
  readonly mine?: (count: number, script_pubkey: string) => Promise<unknown>;
}

/** Throws ConfigError when the options contradict each other, and ChainError when bitcoin.conf cannot be read. */
export function chooseChain(config: Config, clock: Clock): ChosenChain {
  switch (kindOf(config)) {
    case 'embedded':
      return embedded(config, clock);
    case 'esplora':
      return esplora(config);
    case 'bitcoind':
      return bitcoind(config, homedir());
  }
}

/** What `chain` says; without it, what the options are about that were given; without any, the network's default. */
function kindOf({ values, network, sources }: Config): ChosenChain['kind'] {
  if (values.chain !== undefined) return values.chain as ChosenChain['kind'];
  const names = Object.keys(sources) as (keyof typeof sources)[];
  const given = names.filter((name) => sources[name] !== 'default');
  const kinds = new Map<ChosenChain['kind'], string>();
  for (const name of given) {
    if (name.startsWith('bitcoin-')) kinds.set('bitcoind', name);
    if (name === 'esplora-url') kinds.set('esplora', name);
    if (name === 'embedded-chain') kinds.set('embedded', name);
  }
  if (kinds.size > 1) {
    throw new ConfigError(
      `${[...kinds.values()].join(' and ')} name different sources of blocks: say which is meant with chain=${[...kinds.keys()].join('|')}`,
    );
  }
  return [...kinds.keys()][0] ?? (network.name === 'regtest' ? 'embedded' : 'bitcoind');
}

function embedded({ values, network, network_dir }: Config, clock: Clock): ChosenChain {
  if (network.name !== 'regtest') throw new ConfigError(`chain=embedded is for regtest, not for ${network.name}`);
  const socket = values['embedded-chain'];
  if (socket !== undefined) {
    const shared = new SharedChain(socket);
    const name = `the embedded chain at ${socket}`;
    return { kind: 'embedded', name, backend: shared, mine: (count, script) => shared.mine(count, script) };
  }
  const chain = new EmbeddedChain({ clock, file: join(network_dir, 'blocks') });
  return {
    kind: 'embedded',
    name: 'the embedded chain of this node alone (for a bitcoind: --chain=bitcoind)',
    backend: chain,
    mine: async (count, script) => chain.mine(count, script),
  };
}

function esplora({ values, network }: Config): ChosenChain {
  const url = values['esplora-url']?.replace(/\/$/, '');
  if (url === undefined) throw new ConfigError('chain=esplora needs esplora-url');
  const backend = new Esplora({ network: network.name, url, timeout_ms: TIMEOUT_MS });
  return { kind: 'esplora', name: `Esplora at ${url}`, backend };
}

/** What the options do not say is looked for where bitcoin-cli looks for it. `home`: of the user. */
function bitcoind({ values, network }: Config, home: string): ChosenChain {
  const user = values['bitcoin-rpcuser'];
  const password = values['bitcoin-rpcpassword'];
  const datadir = values['bitcoin-datadir'];
  const found = findBitcoind(network.name, datadir, home);
  const host = values['bitcoin-rpcconnect'] ?? found.host ?? '127.0.0.1';
  const port = values['bitcoin-rpcport'] ?? found.port ?? BITCOIND_PORTS[network.name];
  const said = user === undefined && password === undefined ? found.login : `${user ?? ''}:${password ?? ''}`;
  const usual_dir = defaultBitcoinDir(home);
  if (said === undefined && datadir === undefined && !existsSync(usual_dir)) {
    throw new ConfigError(
      `${network.name} needs a source of blocks, and there is no ${usual_dir}: set bitcoin-datadir to bitcoind's ` +
        'directory, or bitcoin-rpcuser and bitcoin-rpcpassword, or chain=esplora with esplora-url',
    );
  }
  const backend = new Bitcoind({
    network: network.name,
    'bitcoin-rpcconnect': host,
    'bitcoin-rpcport': port,
    login: said ?? { cookie_file: found.cookie_file },
    timeout_ms: TIMEOUT_MS,
  });
  return { kind: 'bitcoind', name: `bitcoind at ${host}:${port}`, backend };
}
