/**
 * Blocks that a payment gets on top of what its route needs (BOLT 7, Recommendations for Routing): without them the
 * last hops could tell from the blocks left how near the payee is, and the payee how near we are.
 */
import type { RandomBytes } from '../../base/crypto/random.ts';

/** What nodes usually ask for a hop: Core Lightning, LND of two ages, LDK, Eclair. */
const USUAL_DELTAS = [34, 40, 80, 72, 144] as const;
const MOST_HOPS = 2;

/** As if the route went on for one or two hops more. Each costs its blocks only when an HTLC hangs. */
export function shadowBlocks(randomBytes: RandomBytes): number {
  const [hops = 0, ...picks] = randomBytes(1 + MOST_HOPS);
  return picks
    .slice(0, 1 + (hops % MOST_HOPS))
    .reduce((total, pick) => total + (USUAL_DELTAS[pick % USUAL_DELTAS.length] ?? 0), 0);
}
