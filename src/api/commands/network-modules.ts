/** What commands ask of the public network. */
import type { PublicNetwork } from '../../node/network/public-network.ts';
import type { OwnWay, Page } from '../../node/network/questions.ts';
import type { OutgoingPayments } from '../../node/payments/send.ts';

export interface NetworkModules {
  /** The map of the public network. */
  readonly network: Pick<PublicNetwork, 'ask'>;
}

/** All entries of a list, asked for page by page as they are read. */
export async function* allPages<T>(pageFrom: (from: number) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: Page<T> = await pageFrom(from);
    yield* page.entries;
    from = page.next;
  }
}

/** What a question for a way says when nobody sets a limit. */
export const WITHOUT_LIMITS = {
  max_fee_msat: Number.POSITIVE_INFINITY,
  max_delay: Number.POSITIVE_INFINITY,
  /** More do not fit into an onion. */
  max_hops: 20,
  hints: [],
  held: [],
  terms: [],
} as const;

/** Our channels as ways out. */
export function ownWays(payments: Pick<OutgoingPayments, 'waysOut'>): readonly OwnWay[] {
  return payments.waysOut().map(({ channel_id, peer_id, names, spendable_msat, htlc_minimum_msat }) => ({
    channel_id,
    peer_id,
    names,
    spendable_msat: Number(spendable_msat),
    htlc_minimum_msat: Number(htlc_minimum_msat),
  }));
}
