/** Builds the reserve: what the wallet keeps for closing channels, and which payments it can defend. */
import { msat, sat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { Endings } from '../../node/endings/endings.ts';
import { toFund } from '../../node/endings/to-fund.ts';
import { Reserve } from '../../node/reserve/reserve.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import { spendableMsat } from '../../protocol/channel/facts.ts';
import type { Infra } from './build-infra.ts';

/** What the reserve is joined with. The channels are built after it, so they are asked for when they are needed. */
export interface ReserveNeighbours {
  readonly wallet: Wallet;
  readonly endings: () => Endings;
  readonly channels: () => Channels;
}

export function buildReserve({ config, chain, log }: Infra, { wallet, endings, channels }: ReserveNeighbours): Reserve {
  const { values } = config;
  return new Reserve({
    wallet,
    channels: {
      list: () => channels().list(),
      ending(channel_id) {
        const ending = endings().find(channel_id);
        return ending && toFund(ending);
      },
      isClaimed: (channel_id, htlc_id) => channels().isClaimed(channel_id, htlc_id),
      receivableMsat: ({ state }) => spendableMsat(state, 'remote'),
    },
    fees: chain,
    // These may change while the node runs: each is read when it is needed.
    get limits() {
      return { least_sat: sat(Math.floor(values['min-emergency-msat'] / 1000)), coins: values['reserve-coins'] };
    },
    get allowance_msat() {
      return msat(values['undefended-msat']);
    },
    undefended_peers: new Set(values['undefended-peer'] as readonly NodeId[]),
    height: () => chain.tip().height,
    log,
  });
}
