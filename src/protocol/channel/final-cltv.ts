/**
 * The blocks that a payment to us must leave before its HTLC expires (BOLT 2, cltv_expiry_delta Selection; BOLT 4,
 * Requirements of the final node). Decision 0018 says why these numbers.
 */

/**
 * Blocks before its expiry at which an HTLC that we fulfilled is claimed on the chain: BOLT 2 asks for 2R + G + S with
 * R = 2, G = 2 and S = 12 of an HTLC that is offered to us.
 */
export const FULFILL_DEADLINE_BLOCKS = 18;

/** An invoice that asks for less could be paid by nobody. */
export const LEAST_FINAL_CLTV_BLOCKS = FULFILL_DEADLINE_BLOCKS + 1;

/** What an invoice asks for unless the operator says otherwise: six blocks are the payer's own. */
export const DEFAULT_FINAL_CLTV_BLOCKS = FULFILL_DEADLINE_BLOCKS + 6;

/** What a payer may leave less than the invoice asks: blocks that it has not heard of, or that come meanwhile. */
const LATE_PAYER_BLOCKS = 3;

/** No honest route is longer. */
const LONGEST_ROUTE_BLOCKS = 2_016;

/** Whether an HTLC expires too soon to be taken, or so late that no honest route asked for it. Heights are absolute. */
export function isExpiryWrong(
  cltv_expiry: number,
  height: number,
  min_final_cltv_expiry: number,
  fulfill_deadline_blocks: number,
): boolean {
  const least_blocks = Math.max(min_final_cltv_expiry - LATE_PAYER_BLOCKS, fulfill_deadline_blocks + 1);
  const most_blocks = Math.max(min_final_cltv_expiry, least_blocks) + LONGEST_ROUTE_BLOCKS;
  return cltv_expiry < height + least_blocks || cltv_expiry > height + most_blocks;
}
