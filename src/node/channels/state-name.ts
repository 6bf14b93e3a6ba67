/** A channel's state in Core Lightning's words, which is what its clients look for. */
import { isAbsent } from '../../protocol/channel/funding.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';

export type StateName =
  | 'CHANNELD_AWAITING_LOCKIN'
  | 'CHANNELD_NORMAL'
  | 'CHANNELD_SHUTTING_DOWN'
  | 'CLOSINGD_SIGEXCHANGE'
  | 'CLOSINGD_COMPLETE'
  | 'AWAITING_UNILATERAL'
  | 'FUNDING_SPEND_SEEN';

/** The name of the state. */
export function stateName(state: ChannelState): StateName {
  const { phase, htlcs, shutdown_sent, remote_shutdown_script } = state;
  switch (phase) {
    case 'opening':
      return 'CHANNELD_AWAITING_LOCKIN';
    case 'normal':
      return isAbsent(state) ? 'CHANNELD_AWAITING_LOCKIN' : 'CHANNELD_NORMAL';
    case 'closing': {
      const areFeesNegotiated = htlcs.length === 0 && shutdown_sent && remote_shutdown_script !== undefined;
      return areFeesNegotiated ? 'CLOSINGD_SIGEXCHANGE' : 'CHANNELD_SHUTTING_DOWN';
    }
    case 'closed':
      return 'CLOSINGD_COMPLETE';
    case 'failed':
      return 'AWAITING_UNILATERAL';
    case 'spent':
      return 'FUNDING_SPEND_SEEN';
  }
}
