/**
 * Passwords at rest: argon2id (RFC 9106), or scrypt (RFC 7914) where Node has no argon2. A hash names its algorithm and its
 * costs (the PHC string format), so that they can be raised without forgetting anybody.
 */
import crypto from 'node:crypto';
import { equalSecret } from '../../base/crypto/compare.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';

/** OWASP's least costs for argon2id: 19 MiB, two passes. */
const ARGON2 = { memory_kib: 19_456, passes: 2, parallelism: 1 };
/** 16 MiB. */
const SCRYPT = { log2_cost: 14, block_size: 8, parallelism: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Fewer characters can be guessed. */
export const LEAST_PASSWORD_CHARACTERS = 10;
/** More bytes are no password. */
export const LONGEST_PASSWORD_BYTES = 1024;

/** Stands for the password of somebody who has none: checking against it takes as long, and never succeeds. */
export const NO_PASSWORD = `$argon2id$v=19$m=${ARGON2.memory_kib},t=${ARGON2.passes},p=${ARGON2.parallelism}$${encode(new Uint8Array(SALT_BYTES))}$${encode(new Uint8Array(HASH_BYTES))}`;

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

/** The same text is the same password, however a keyboard composes its characters. */
function bytesOf(password: string): Buffer {
  return Buffer.from(password.normalize('NFC'), 'utf8');
}

/** A hash to keep. */
export async function hashPassword(password: string, randomBytes: RandomBytes): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  if (typeof crypto.argon2 === 'function') {
    const { memory_kib, passes, parallelism } = ARGON2;
    const hash = await argon2id(password, salt, ARGON2);
    return `$argon2id$v=19$m=${memory_kib},t=${passes},p=${parallelism}$${encode(salt)}$${encode(hash)}`;
  }
  const { log2_cost, block_size, parallelism } = SCRYPT;
  const hash = await scryptOf(password, salt, SCRYPT);
  return `$scrypt$ln=${log2_cost},r=${block_size},p=${parallelism}$${encode(salt)}$${encode(hash)}`;
}

/** Whether it is the password of the hash. False for a hash of an algorithm that this Node lacks. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const argon = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash);
  if (argon !== null && typeof crypto.argon2 === 'function') {
    const [, memory_kib, passes, parallelism, salt = '', wanted = ''] = argon;
    const costs = { memory_kib: Number(memory_kib), passes: Number(passes), parallelism: Number(parallelism) };
    return equalSecret(await argon2id(password, Buffer.from(salt, 'base64'), costs), Buffer.from(wanted, 'base64'));
  }
  const [, log2_cost, block_size, parallelism, salt = '', wanted = ''] =
    /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash) ?? [];
  const costs =
    log2_cost === undefined
      ? SCRYPT
      : { log2_cost: Number(log2_cost), block_size: Number(block_size), parallelism: Number(parallelism) };
  const computed = await scryptOf(
    password,
    Buffer.from(salt === '' ? encode(new Uint8Array(SALT_BYTES)) : salt, 'base64'),
    costs,
  );
  return equalSecret(computed, Buffer.from(wanted, 'base64'));
}

function argon2id(
  password: string,
  nonce: Uint8Array,
  { memory_kib: memory, passes, parallelism }: typeof ARGON2,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    crypto.argon2(
      'argon2id',
      { message: bytesOf(password), nonce, parallelism, tagLength: HASH_BYTES, memory, passes },
      (error, hash) => (error === null ? resolve(hash) : reject(error)),
    );
  });
}

function scryptOf(
  password: string,
  salt: Uint8Array,
  { log2_cost, block_size: r, parallelism: p }: typeof SCRYPT,
): Promise<Uint8Array> {
  const N = 2 ** log2_cost;
  return new Promise((resolve, reject) => {
    crypto.scrypt(bytesOf(password), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
