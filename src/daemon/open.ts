/** The parts of a node that are there before its rooms: the judged database, the keys, the wallet. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyIs, fileIdentity, judgeDatabase } from '../backup/database-file.ts';
import { markRun, marksIn } from '../backup/run-mark.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { secureRandomBytes } from '../crypto/random.ts';
import { Keys } from '../keys/keys.ts';
import { loadWords, readPassphrase, SEED_FILE, seedOf } from '../keys/seed-file.ts';
import type { Log } from '../log.ts';
import { DATABASE_FILE } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { sat } from '../types/amount.ts';
import { Secret } from '../types/secret.ts';
import { Wallet, type WalletOptions } from '../wallet/wallet.ts';
import { readTip } from './chain-tip.ts';

/**
 * A copy of the database does not speak for channels that may have gone on without it. Rejects with CopiedDatabaseError
 * where the operator must say what it is.
 */
export async function judgeFile(config: Config, log: Log, store: Store): Promise<void> {
  const word = config.values['copied-database'] as CopyIs | undefined;
  if (word !== undefined && config.sources['copied-database'] !== 'cmdline') {
    throw new ConfigError('copied-database is said once, on the command line: at the next start it would not be true');
  }
  const { network_dir } = config;
  const place = { identity: fileIdentity(join(network_dir, DATABASE_FILE)), marks: marksIn(network_dir) };
  const lost = await judgeDatabase(store, place, word);
  await markRun(store, network_dir, secureRandomBytes);
  for (const channel_id of lost) {
    log.warn(`channel ${channel_id}: this database may be older than the channel, so its peer is asked to close it`);
  }
}

/** The keys, from the words in the directory; made at the first start. Rejects with SeedError. */
export async function openKeys(config: Config, log: Log, store: Store): Promise<Keys> {
  const isRestored = existsSync(join(config.network_dir, SEED_FILE)) && (await readTip(store)) === undefined;
  if (isRestored && config.values.rescan === undefined) {
    log.warn('the words are older than the database: if their wallet held coins, start once with --rescan=HEIGHT');
  }
  const file = config.values['passphrase-file'];
  const passphrase = file === undefined ? new Secret('') : readPassphrase(file);
  return new Keys(seedOf(loadWords(config.network_dir, secureRandomBytes), passphrase), config.network);
}

/** The wallet, as the store has it. */
export function openWallet(
  config: Config,
  log: Log,
  store: Store,
  keys: Keys,
  doors: Pick<WalletOptions, 'hasAnchorChannel' | 'coinWrites'>,
): Promise<Wallet> {
  return Wallet.open({
    store,
    keys,
    network: config.network,
    reserve_sat: sat(Math.floor(config.values['min-emergency-msat'] / 1000)),
    ...doors,
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
