/** Comparison whose time tells nothing about where two secrets differ. */
import { timingSafeEqual } from 'node:crypto';

/** Whether both are the same bytes. Their lengths are taken as public. */
export function equalSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
