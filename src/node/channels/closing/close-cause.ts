/** Who began to close a channel, and why, in Core Lightning's words: `closer` and `close_cause` of its listings. */
import type { Input } from '../../../protocol/channel/input.ts';
import type { Side } from '../../../protocol/channel/stage.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';

/**
 * `user`: the operator. `local`: we, because of a deadline. `remote`: the peer asked, or said `error`. `protocol`: the
 * peer broke a rule. `onchain`: the funding output was spent before anybody said a word.
 */
export type CloseCause = 'user' | 'local' | 'remote' | 'protocol' | 'onchain';

/** Which side began, and why. */
export interface Closing {
  readonly closer: Side;
  readonly close_cause: CloseCause;
}

/** What this input has begun, if it has begun to close the channel or changed how that goes. */
export function closingBegunBy(
  input: Input,
  before: ChannelState,
  after: ChannelState,
  known: Closing | undefined,
): Closing | undefined {
  if (after.phase === before.phase || (after.phase !== 'closing' && after.phase !== 'failed')) {
    const isSurprise = after.phase === 'spent' && known === undefined;
    return isSurprise ? { closer: 'remote', close_cause: 'onchain' } : known;
  }
  const { closer, close_cause } = causeOf(input);
  return { closer: known?.closer ?? closer, close_cause };
}

function causeOf(input: Input): Closing {
  switch (input.kind) {
    case 'shutdown':
    case 'force_close':
      return { closer: 'local', close_cause: 'user' };
    case 'funding_lost':
      return { closer: 'remote', close_cause: 'onchain' };
    case 'message': {
      const { type } = input.message;
      if (type === 'shutdown' || type === 'error') return { closer: 'remote', close_cause: 'remote' };
      return { closer: 'local', close_cause: 'protocol' };
    }
    default:
      return { closer: 'local', close_cause: 'local' };
  }
}
