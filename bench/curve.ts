/** The curve: what the native library brings, beside the pure JavaScript that takes its place where it does not load. */
import type { Curve } from '../src/base/crypto/curve.ts';
import { curve } from '../src/base/crypto/secp256k1.ts';
import { noble } from '../src/base/crypto/secp256k1-noble.ts';
import { type Figure, rate } from './figures.ts';

export const name = 'secp256k1: libsecp256k1 beside @noble/curves';

const KEY = new Uint8Array(32).fill(7);
const DIGEST = new Uint8Array(32).fill(9);
const TIMING = { runs: 3 };

function figuresOf({ publicKey, signRecoverable, verify, recover, ecdh }: Curve, beside: boolean): Figure[] {
  const point = publicKey(KEY);
  const { signature, recovery_id } = signRecoverable(DIGEST, KEY);
  const figure = (what: string, call: () => unknown): Figure => ({
    what: `${what}, ${beside ? '@noble/curves' : curve.implementation}`,
    value: rate(call, TIMING),
    unit: '/s',
    beside,
  });
  return [
    figure('sign, recoverable', () => signRecoverable(DIGEST, KEY)),
    figure('verify', () => verify(signature, DIGEST, point)),
    figure('recover', () => recover(signature, recovery_id, DIGEST)),
    figure('shared secret', () => ecdh(point, KEY)),
  ];
}

export async function run(): Promise<readonly Figure[]> {
  return [...figuresOf(curve, false), ...figuresOf(noble, true)];
}
