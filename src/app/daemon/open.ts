/** The parts of a node that are there before its modules: the judged database, the keys, the wallet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import type { Log } from '../../base/log.ts';
import { sat } from '../../base/types/amount.ts';
import { Secret } from '../../base/types/secret.ts';
import type { Store } from '../../infra/store/store.ts';
import { type CopyIs, judgeDatabase } from '../../node/backup/database-file.ts';
import { markRun, marksIn } from '../../node/backup/run-mark.ts';
import { Keys } from '../../node/keys/keys.ts';
import { loadWords, readPassphrase, SEED_FILE, SeedError, seedOf } from '../../node/keys/seed-file.ts';
import { Wallet, type WalletOptions } from '../../node/wallet/wallet.ts';
import { FORGET_RUNES } from '../../shop/access/runes.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { readTip } from './chain-tip.ts';
import type { Database } from './database.ts';

/**
 * A copy of the database does not speak for channels that may have gone on without it. Rejects with CopiedDatabaseError
 * where the operator must say what it is.
 */
export async function judgePlace(
  config: Config,
  log: Log,
  store: Store,
  { identity, outside }: Pick<Database, 'identity' | 'outside'>,
): Promise<void> {
  const word = config.values['copied-database'] as CopyIs | undefined;
  if (word !== undefined && config.sources['copied-database'] !== 'cmdline') {
    throw new ConfigError('copied-database is said once, on the command line: at the next start it would not be true');
  }
  const { network_dir } = config;
  const place = { identity, marks: marksIn(network_dir), outside };
  const lost = await judgeDatabase(store, place, word, FORGET_RUNES);
  if (outside === undefined) await markRun(store, network_dir, secureRandomBytes);
  for (const channel_id of lost) {
    log.warn(`channel ${channel_id}: this database may be older than the channel, so its peer is asked to close it`);
  }
}

/**
 * The keys, from the words in the directory; made at the first start. Rejects with SeedError, also where the database is
 * that of another node: its coins, its channels and what it asked to be paid need the keys of that one. `derived`: the keys
 * that this process has from those words already.
 */
export async function openKeys(config: Config, log: Log, store: Store, derived?: Keys): Promise<Keys> {
  const path = join(config.network_dir, SEED_FILE);
  const owner = await readOwner(store);
  if (owner !== undefined && !existsSync(path)) {
    throw new SeedError(
      `the database is that of node ${owner}, and ${path} is gone: put the 24 words of that node into it, as one line`,
    );
  }
  const isRestored = existsSync(path) && (await readTip(store)) === undefined;
  if (isRestored && config.values.rescan === undefined) {
    log.warn(
      'this is a new database for an existing seed: if its wallet held coins, start once with --rescan=-HEIGHT; if it had ' +
        'channels, put emergency.recover beside it or connect to one of their peers, then run `till emergencyrecover`',
    );
  }
  const keys = derived ?? deriveKeys(config);
  if (owner === undefined) await writeOwner(store, keys.node_id);
  else if (owner !== keys.node_id) {
    throw new SeedError(
      `the database is that of node ${owner}, and these keys are those of ${keys.node_id}: start with the words in ` +
        `${path}, and with the passphrase-file or without one, as that node had them`,
    );
  }
  return keys;
}

function deriveKeys({ values, network, network_dir }: Config): Keys {
  const file = values['passphrase-file'];
  const passphrase = file === undefined ? new Secret('') : readPassphrase(file);
  return new Keys(seedOf(loadWords(network_dir, secureRandomBytes), passphrase), network);
}

/** The node whose database it is; undefined before its first start. */
async function readOwner(store: Store): Promise<string | undefined> {
  const [row] = await store.read('SELECT node_id FROM database_file WHERE number = 0');
  return (row?.node_id as string | null | undefined) ?? undefined;
}

async function writeOwner(store: Store, node_id: string): Promise<void> {
  await store.commit([{ sql: 'UPDATE database_file SET node_id = ? WHERE number = 0', params: [node_id] }]);
}

/** The wallet, as the store has it. */
export function openWallet(
  config: Config,
  log: Log,
  store: Store,
  keys: Keys,
  ports: Pick<WalletOptions, 'hasAnchorChannel' | 'coinWrites' | 'wantedSat'>,
): Promise<Wallet> {
  return Wallet.open({
    store,
    keys,
    network: config.network,
    reserve_sat: sat(Math.floor(config.values['min-emergency-msat'] / 1000)),
    ...ports,
    onProblem: (problem) => log.warn(problem),
  });
}

/** On regtest, where a block is made at will, one does unless the operator says otherwise. */
export function confirmations(
  { values, sources, network }: Config,
  option: 'funding-confirms' | 'invoices-onchain-confirms',
): number {
  return sources[option] === 'default' && network.name === 'regtest' ? 1 : values[option];
}
