/** The events of deposits: rows of the log, written by the units that enter, move and judge them. */
import { eventData, eventWrites, selectedEvents } from '../../infra/store/event-rows.ts';
import type { Write } from '../../infra/store/store.ts';
import type { PaidCoin } from './ports.ts';
import type { Deposit } from './rows.ts';

/** What is said when a deposit gets this outcome. */
export const EVENT_OF_OUTCOME = {
  paid: 'deposit.confirmed',
  short: 'deposit.short',
  late: 'deposit.late',
} as const;

const SEEN = selectedEvents({
  type: 'deposit.seen',
  label: 'label',
  data: `'{"created_index":' || created_index || ',' || CAST(? AS TEXT)`,
  from: `invoice_addresses WHERE script_pubkey = ?
    AND NOT EXISTS (SELECT 1 FROM deposits WHERE txid = ? AND vout = ? AND blockheight = ?)`,
  happens: 'perhaps',
});

/**
 * For the unit that writes a coin down, before it is a deposit there: the event if the coin's script is the address of an
 * invoice, and the deposit is new or comes back in a block. No event if neither is so, or if the same is told again.
 */
export function seenEvent(coin: PaidCoin, now_seconds: number): readonly Write[] {
  const { txid, vout, amount_sat, blockheight, script_pubkey } = coin;
  const told = eventData({ txid, vout, amount_sat, blockheight }).slice(1);
  return SEEN(now_seconds, [told], [script_pubkey, txid, vout, blockheight]);
}

/** Of a deposit as it is now. */
export function depositEvent(
  type: 'deposit.confirmed' | 'deposit.short' | 'deposit.late' | 'deposit.reorged',
  { created_index, label, txid, vout, amount_sat, blockheight }: Deposit,
  now_seconds: number,
): readonly Write[] {
  const data = eventData({ created_index, txid, vout, amount_sat, blockheight });
  return eventWrites({ type, at: now_seconds, label, data });
}
