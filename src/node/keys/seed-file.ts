/**
 * The seed: twenty-four words (BIP 39) from which every key of the node follows. Made once, kept in a file that only its
 * owner can read, and written so that a crash leaves either no file or a whole one.
 */
import { pbkdf2Sync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { entropyToMnemonic, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { Secret } from '../../base/types/secret.ts';
import { writeWhole } from '../../infra/store/whole-file.ts';

/** The name of the file in the node's directory. */
export const SEED_FILE = 'seed';
/** There when the words were shown once. */
const SHOWN_FILE = 'seed-shown';
/** Written whenever the operator is reminded to write the words down. */
const REMINDED_FILE = 'seed-reminded';
const REMIND_EVERY_MS = 7 * 24 * 3_600_000;
const ENTROPY_BYTES = 32;
/** Of PBKDF2, by BIP 39. */
const SEED_ROUNDS = 2048;

/** The seed cannot be read, or is none. Never holds a word of it. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
}

/** The words of a node's directory; made when there are none yet. */
export function loadWords(dir: string, randomBytes: RandomBytes): Secret<string> {
  const path = join(dir, SEED_FILE);
  if (!existsSync(path)) {
    const words = entropyToMnemonic(randomBytes(ENTROPY_BYTES), wordlist);
    writeWhole(path, `${words}\n`);
    return new Secret(words);
  }
  const words = readFileSync(path, 'utf8').trim().replace(/\s+/g, ' ');
  if (!validateMnemonic(words, wordlist)) {
    throw new SeedError(`${path} does not hold 24 valid BIP 39 words: restore it from your backup`);
  }
  // A file that was copied here may have come with the rights of a stranger.
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return new Secret(words);
}

/** The BIP 39 seed (64 bytes) of the words and a passphrase, which may be empty. By Node: in JavaScript it takes fifty times longer. */
export function seedOf(words: Secret<string>, passphrase: Secret<string>): Secret<Uint8Array> {
  const salt = `mnemonic${passphrase.reveal()}`.normalize('NFKD');
  return new Secret(new Uint8Array(pbkdf2Sync(words.reveal().normalize('NFKD'), salt, SEED_ROUNDS, 64, 'sha512')));
}

/** The passphrase in a file, without the line's end. */
export function readPassphrase(path: string): Secret<string> {
  try {
    return new Secret(readFileSync(path, 'utf8').replace(/\r?\n$/, ''));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new SeedError(`the passphrase file ${path} cannot be read (${reason})`);
  }
}

/** Whether the words were shown once. */
export function wasShown(dir: string): boolean {
  return existsSync(join(dir, SHOWN_FILE));
}

/** Whether it is time to say that nobody has written the words down: at the first start, and then once a week. */
export function isReminderDue(dir: string, now_ms: number): boolean {
  const path = join(dir, REMINDED_FILE);
  if (wasShown(dir)) return false;
  if (existsSync(path) && now_ms - statSync(path).mtimeMs < REMIND_EVERY_MS) return false;
  writeWhole(path, '');
  return true;
}

/** Whether the words were shown already; from now on they were. */
export function markShown(dir: string): boolean {
  if (wasShown(dir)) return true;
  writeWhole(join(dir, SHOWN_FILE), '');
  return false;
}
