/**
 * Looks at the funding outputs that announced channels name by their place in the chain: one by one from their blocks, or
 * thousands at once where the source can search all unspent outputs for scripts.
 */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import { txidOf, walkBlock } from './raw-block.ts';

/** The place of an output, and the script that it must pay to (hex). */
export interface OutputPlace {
  readonly height: number;
  readonly transaction_index: number;
  readonly vout: number;
  readonly script_pubkey: string;
}

/** What is there. */
export type OutputFound =
  | { readonly kind: 'unspent'; readonly txid: Txid; readonly vout: number; readonly amount_sat: Sat }
  /** There is no such output, or it was spent. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'other_script' }
  /** The source could not say. */
  | { readonly kind: 'unknown' };

/** From here on one search of all unspent outputs is cheaper than a look at so many blocks. */
const SEARCH_FROM = 100;

/** One answer for each place; never rejects for what a source of blocks cannot do. */
export async function lookAtOutputs(
  backend: ChainBackend,
  places: readonly OutputPlace[],
): Promise<readonly OutputFound[]> {
  if (places.length >= SEARCH_FROM && backend.searchScripts !== undefined) {
    try {
      return await searchAll(backend.searchScripts.bind(backend), places);
    } catch (error) {
      // It is not allowed to, or searches for somebody else: block by block, then.
      if (!(error instanceof ChainError)) throw error;
    }
  }
  const found = new Map<OutputPlace, OutputFound>();
  const by_height = Map.groupBy(places, ({ height }) => height);
  for (const [height, some] of by_height) {
    try {
      for (const [place, each] of await lookAtBlock(backend, height, some)) found.set(place, each);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
    }
  }
  return places.map((place) => found.get(place) ?? { kind: 'unknown' });
}

async function searchAll(
  searchScripts: NonNullable<ChainBackend['searchScripts']>,
  places: readonly OutputPlace[],
): Promise<readonly OutputFound[]> {
  const coins = await searchScripts(places.map(({ script_pubkey }) => script_pubkey));
  const by_script = Map.groupBy(coins, ({ script_pubkey }) => script_pubkey);
  return places.map(({ height, vout, script_pubkey }) => {
    const coin = by_script.get(script_pubkey)?.find((each) => each.height === height && each.vout === vout);
    if (coin === undefined) return { kind: 'gone' };
    return { kind: 'unspent', txid: coin.txid, vout, amount_sat: coin.amount_sat };
  });
}

async function lookAtBlock(
  backend: ChainBackend,
  height: number,
  places: readonly OutputPlace[],
): Promise<ReadonlyMap<OutputPlace, OutputFound>> {
  const found = new Map<OutputPlace, OutputFound>(places.map((place) => [place, { kind: 'gone' }]));
  const hash = await backend.blockHash(height);
  if (hash === undefined) return found;
  if (backend.txidAt !== undefined) {
    for (const place of places) {
      const txid = await backend.txidAt(hash, place.transaction_index);
      const coin = txid === undefined ? undefined : await backend.unspent({ txid, vout: place.vout });
      if (txid === undefined || coin === undefined) continue;
      const isRight = coin.script_pubkey === place.script_pubkey;
      const { amount_sat } = coin;
      found.set(place, isRight ? { kind: 'unspent', txid, vout: place.vout, amount_sat } : { kind: 'other_script' });
    }
    return found;
  }
  const block = await backend.block(hash);
  const outputs: { vout: number; script_pubkey: string; amount_sat: Sat }[] = [];
  const claimed: { place: OutputPlace; txid: Txid; vout: number; amount_sat: Sat }[] = [];
  const wanted = new Set(places.map(({ vout }) => vout));
  walkBlock(
    block,
    {
      output(vout, offset, start, end) {
        if (!wanted.has(vout)) return;
        const amount_sat = sat(block.readBigUInt64LE(offset));
        outputs.push({ vout, script_pubkey: block.toString('hex', start, end), amount_sat });
      },
    },
    (transaction_index, span) => {
      const here = outputs.splice(0);
      for (const place of places) {
        if (place.transaction_index !== transaction_index) continue;
        const output = here.find(({ vout }) => vout === place.vout);
        if (output === undefined) continue;
        if (output.script_pubkey !== place.script_pubkey) found.set(place, { kind: 'other_script' });
        else claimed.push({ place, txid: txidOf(block, span), vout: place.vout, amount_sat: output.amount_sat });
      }
    },
  );
  for (const { place, txid, vout, amount_sat } of claimed) {
    const coin = await backend.unspent({ txid, vout });
    if (coin !== undefined) found.set(place, { kind: 'unspent', txid, vout, amount_sat });
  }
  return found;
}
