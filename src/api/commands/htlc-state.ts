/** An HTLC's progress in Core Lightning's words: who has done what, last. */
import type { Htlc } from '../../protocol/channel/state.ts';

const OUT_ADDED = [
  'SENT_ADD_HTLC',
  'SENT_ADD_COMMIT',
  'RCVD_ADD_REVOCATION',
  'RCVD_ADD_ACK_COMMIT',
  'SENT_ADD_ACK_REVOCATION',
] as const;
const OUT_REMOVED = [
  'RCVD_REMOVE_HTLC',
  'RCVD_REMOVE_COMMIT',
  'SENT_REMOVE_REVOCATION',
  'SENT_REMOVE_ACK_COMMIT',
  'RCVD_REMOVE_ACK_REVOCATION',
] as const;
const IN_ADDED = [
  'RCVD_ADD_HTLC',
  'RCVD_ADD_COMMIT',
  'SENT_ADD_REVOCATION',
  'SENT_ADD_ACK_COMMIT',
  'RCVD_ADD_ACK_REVOCATION',
] as const;
const IN_REMOVED = [
  'SENT_REMOVE_HTLC',
  'SENT_REMOVE_COMMIT',
  'RCVD_REMOVE_REVOCATION',
  'RCVD_REMOVE_ACK_COMMIT',
  'SENT_REMOVE_ACK_REVOCATION',
] as const;

/** All of them. */
export const HTLC_STATES = [...OUT_ADDED, ...OUT_REMOVED, ...IN_ADDED, ...IN_REMOVED] as const;

/** The HTLC's state. */
export function htlcState({ offered_by, added, removal, removed }: Htlc): (typeof HTLC_STATES)[number] {
  if (offered_by === 'local') return removal === undefined ? OUT_ADDED[added] : OUT_REMOVED[removed];
  return removal === undefined ? IN_ADDED[added] : IN_REMOVED[removed];
}
