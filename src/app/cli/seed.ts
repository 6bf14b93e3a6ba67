/** `till seed`: the twenty-four words, shown once, for paper. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { loadWords, markShown, SEED_FILE, SeedError } from '../../node/keys/seed-file.ts';
import { loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { nearestName } from '../config/nearest.ts';
import { ConfigError } from '../config/option.ts';
import { ownHelp } from './own-commands.ts';

/** Shows the words; answers the exit code. */
export function showSeed(args: readonly string[]): number {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(ownHelp('seed'));
    return EXIT.ok;
  }
  const again = args.includes('--again');
  const slip = args.find((argument) => argument !== '--again' && nearestName(argument, ['--again']) !== undefined);
  if (slip !== undefined) {
    process.stderr.write(`till: there is no option ${slip}; did you mean --again?\n`);
    return EXIT.usage;
  }
  try {
    const { network_dir } = loadConfig(args.filter((argument) => argument !== '--again'));
    if (!existsSync(join(network_dir, SEED_FILE))) {
      process.stderr.write(`till: there is no seed in ${network_dir} yet: it is made by the first till start\n`);
      return EXIT.error;
    }
    const words = loadWords(network_dir, secureRandomBytes);
    if (markShown(network_dir) && !again) {
      process.stderr.write('till: the seed was shown before. If nobody else can have seen it: till seed --again\n');
      return EXIT.error;
    }
    process.stdout.write(`${words.reveal()}\n`);
    process.stderr.write('\nWrite these words on paper. Whoever has them has the money of this node.\n');
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SeedError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
}
