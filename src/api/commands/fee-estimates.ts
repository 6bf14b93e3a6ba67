/**
 * What a fee rate's name means: the estimates of the source of blocks by purpose, as Core Lightning uses them
 * (lightningd/chaintopology.c, lightningd/feerate.c).
 */

import { RpcError } from '../../base/errors.ts';
import { type ChainSource, FEERATE_FLOOR_PER_KW, type FeeTargetBlocks } from '../../infra/chain/source.ts';
import type { FeerateRequest } from '../rpc/fields.ts';

/** All estimates there are, soonest first. */
export const FEE_TARGETS: readonly FeeTargetBlocks[] = [2, 6, 12, 100];

/** Within how many blocks a transaction of each purpose should be mined. */
const PURPOSE_BLOCKS = {
  opening: 12,
  mutual_close: 100,
  penalty: 12,
  unilateral_close: 6,
  unilateral_anchor_close: 100,
  slow: 100,
  normal: 12,
  urgent: 6,
  htlc_resolution: 6,
} as const;

/** With anchors the fee can be raised later; so much it takes to be relayed even in busy times. */
const ANCHOR_CLOSE_FLOOR_PER_KW = 1250;

/** What fees are estimated for. */
export type FeePurpose = keyof typeof PURPOSE_BLOCKS;

/** Satoshi per 1000 weight for a purpose; undefined without an estimate. */
export function feerateFor(chain: ChainSource, purpose: FeePurpose): number | undefined {
  const feerate_per_kw = feerateWithin(chain, PURPOSE_BLOCKS[purpose]);
  if (purpose !== 'unilateral_anchor_close' || feerate_per_kw === undefined) return feerate_per_kw;
  return Math.max(feerate_per_kw, ANCHOR_CLOSE_FLOOR_PER_KW);
}

/** The estimate for this number of blocks, or else for the next lower number that has one, or else for the lowest. */
function feerateWithin(chain: ChainSource, blocks: number): number | undefined {
  const known = FEE_TARGETS.map((target) => ({ target, feerate_per_kw: chain.feeratePerKw(target) }));
  const estimates = known.filter(({ feerate_per_kw }) => feerate_per_kw !== undefined);
  const fitting = estimates.filter(({ target }) => target <= blocks);
  return (fitting.at(-1) ?? estimates[0])?.feerate_per_kw;
}

/** The fee rate that was asked for, in satoshi per 1000 weight. Throws RpcError BCLI_NO_FEE_ESTIMATES. */
export function requestedFeerate(chain: ChainSource, request: FeerateRequest): number {
  if (request.kind === 'exact') return Math.max(request.feerate_per_kw, FEERATE_FLOOR_PER_KW);
  if (request.kind === 'named' && request.name === 'minimum') return FEERATE_FLOOR_PER_KW;
  const estimate =
    request.kind === 'named' ? feerateFor(chain, request.name as FeePurpose) : feerateWithin(chain, request.blocks);
  if (estimate === undefined) throw new RpcError('BCLI_NO_FEE_ESTIMATES', 'Cannot estimate fees (yet)');
  return estimate;
}
