/**
 * Books in Core Lightning's form, made of what Till keeps anyway: the wallet's history, the channels, invoices and
 * payments. An account is `wallet`, `external` (others), or a channel by its id.
 */
import { toHex } from '../../base/types/hex.ts';
import type { HistoryEntry } from '../../node/wallet/history.ts';
import { answer } from '../rpc/answer.ts';
import type { Modules } from './modules.ts';

/** What the events of both commands have. */
export const movementMembers = {
  account: answer.string(
    'The account: `wallet`, `external`, or a channel by its channel_id; `channels` where it is not known which.',
  ),
  tag: answer.string('What it was.'),
  credit_msat: answer.msat('What the account got.'),
  debit_msat: answer.msat('What left it.'),
  currency: answer.string("The prefix of the chain's addresses: what the amounts are of."),
  timestamp: answer.integer('The Unix time; of events on the chain that of the block.'),
} as const;

/** One change of an account on the chain. */
export interface ChainMovement {
  readonly account: string;
  readonly type: 'chain' | 'onchain_fee';
  readonly tag: string;
  readonly credit_msat: bigint;
  readonly debit_msat: bigint;
  readonly currency: string;
  readonly timestamp: number;
  readonly outpoint?: string;
  readonly blockheight?: number;
  readonly origin?: string;
  readonly txid?: string;
}

/** The modules that know what happened on the chain. */
export type ChainBooks = Pick<Modules, 'wallet' | 'channels' | 'endings'>;

/** A transaction in a block whose time is known. */
type MinedEntry = HistoryEntry & { readonly blockheight: number; readonly mined_at: number };

function isMined(entry: HistoryEntry): entry is MinedEntry {
  return entry.blockheight !== undefined && entry.mined_at !== undefined;
}

/** Channels that are there and those that were, by what their ends on the chain need. */
async function channelsOf({ channels, endings }: Pick<Modules, 'channels' | 'endings'>) {
  const live = channels.list().map(({ channel_id, state }) => ({
    channel_id: channel_id as string,
    terms: state.terms,
    to_us_msat: state.local_msat as bigint,
    closing_txid: endings.view(channel_id)?.closing_txid as string | undefined,
    ending: endings.view(channel_id)?.ending as string | undefined,
  }));
  const closed = (await endings.closed()).map(({ channel_id, state, figures, closing_txid, ending }) => ({
    channel_id: channel_id as string,
    terms: state.terms,
    to_us_msat: (figures?.to_us_msat ?? 0n) as bigint,
    closing_txid: closing_txid as string | undefined,
    ending: ending as string | undefined,
  }));
  return [...live, ...closed];
}

/** What happened on the chain, in the order of its blocks. What was mined before Till kept the history is missing. */
export async function chainMovements(modules: ChainBooks): Promise<readonly ChainMovement[]> {
  const { wallet } = modules;
  const currency = wallet.network.bech32_prefix;
  const entries = new Map((await wallet.history()).filter(isMined).map((entry) => [entry.txid as string, entry]));
  const base = { type: 'chain' as const, credit_msat: 0n, debit_msat: 0n, currency };
  const placed = ({ blockheight, mined_at }: MinedEntry) => ({ timestamp: mined_at, blockheight });
  const movements: ChainMovement[] = [];
  for (const { coin } of await wallet.listCoins(true)) {
    const outpoint = `${coin.txid}:${coin.vout}`;
    const amount_msat = coin.amount_sat * 1000n;
    const came = entries.get(coin.txid);
    if (came !== undefined) {
      movements.push({
        ...base,
        account: 'wallet',
        tag: 'deposit',
        credit_msat: amount_msat,
        ...placed(came),
        outpoint,
      });
    }
    const went = coin.spent_height === undefined ? undefined : entries.get(coin.spent_by as string);
    if (went !== undefined) {
      const { txid } = went;
      movements.push({
        ...base,
        account: 'wallet',
        tag: 'withdrawal',
        debit_msat: amount_msat,
        ...placed(went),
        outpoint,
        txid,
      });
    }
  }
  for (const entry of entries.values()) {
    const { own, transaction, txid } = entry;
    if (own === undefined) continue;
    movements.push({
      ...base,
      account: 'wallet',
      type: 'onchain_fee',
      tag: 'onchain_fee',
      debit_msat: own.fee_sat * 1000n,
      timestamp: entry.mined_at,
      txid,
    });
    if (own.purpose !== 'withdrawal') continue;
    for (const [vout, { amount_sat, script_pubkey }] of transaction.outputs.entries()) {
      if (wallet.owns(toHex(script_pubkey))) continue;
      const credit_msat = amount_sat * 1000n;
      const outpoint = `${txid}:${vout}`;
      movements.push({
        ...base,
        account: 'external',
        origin: 'wallet',
        tag: 'deposit',
        credit_msat,
        ...placed(entry),
        outpoint,
      });
    }
  }
  for (const { channel_id, terms, to_us_msat, closing_txid } of await channelsOf(modules)) {
    const outpoint = `${terms.funding_txid}:${terms.funding_output_index}`;
    const opened = entries.get(terms.funding_txid);
    if (opened !== undefined && terms.opener === 'local') {
      const credit_msat = terms.funding_satoshis * 1000n;
      movements.push({ ...base, account: channel_id, tag: 'channel_open', credit_msat, ...placed(opened), outpoint });
    }
    const closed = closing_txid === undefined ? undefined : entries.get(closing_txid);
    if (closed !== undefined) {
      const { txid } = closed;
      movements.push({
        ...base,
        account: channel_id,
        tag: 'channel_close',
        debit_msat: to_us_msat,
        ...placed(closed),
        outpoint,
        txid,
      });
    }
  }
  return movements.sort((a, b) => a.timestamp - b.timestamp);
}

/** What a channel that was closed in agreement left on the way to the wallet. */
export interface ClosingCost {
  readonly channel_id: string;
  readonly closing_txid: string;
  readonly cost_msat: bigint;
  /** Of its block, Unix time. */
  readonly timestamp: number;
}

/**
 * What closing in agreement cost: our share of the channel, less what the closing transaction pays to the wallet. It is our
 * part of the fee, and what is below a satoshi.
 */
export async function closingCosts(modules: ChainBooks): Promise<readonly ClosingCost[]> {
  const { wallet } = modules;
  const entries = new Map((await wallet.history()).filter(isMined).map((entry) => [entry.txid as string, entry]));
  return (await channelsOf(modules)).flatMap(({ channel_id, closing_txid, ending, to_us_msat }) => {
    const entry = ending !== 'mutual' || closing_txid === undefined ? undefined : entries.get(closing_txid);
    if (entry === undefined || closing_txid === undefined) return [];
    const ours = entry.transaction.outputs.filter(({ script_pubkey }) => wallet.owns(toHex(script_pubkey)));
    const cost_msat = to_us_msat - ours.reduce((total, { amount_sat }) => total + amount_sat * 1000n, 0n);
    return cost_msat > 0n ? [{ channel_id, closing_txid, cost_msat, timestamp: entry.mined_at }] : [];
  });
}

/** One event that made the node richer or poorer. */
export interface IncomeEvent {
  readonly account: string;
  readonly tag: string;
  readonly credit_msat: bigint;
  readonly debit_msat: bigint;
  readonly currency: string;
  readonly timestamp: number;
  readonly description?: string | undefined;
  readonly outpoint?: string | undefined;
  readonly txid?: string | undefined;
  readonly payment_id?: string | undefined;
}

/** Deposits from others, payments to others on the chain, and fees. */
export async function chainIncome(modules: ChainBooks): Promise<readonly IncomeEvent[]> {
  const entries = await modules.wallet.history();
  const channels = await channelsOf(modules);
  // What a channel leaves is no income: it was ours before. What else the funding transaction paid was its funder's, and what
  // spends our share of a mutual close is a transaction of the wallet.
  const fundings = new Set(channels.map(({ terms }) => `${terms.funding_txid}:${terms.funding_output_index}`));
  const commitments = new Set(
    channels.flatMap(({ closing_txid, ending }) => (ending === 'mutual' ? [] : [closing_txid])),
  );
  const isOurs = new Set(
    entries
      .filter(
        ({ own, transaction }) =>
          own !== undefined ||
          transaction.inputs.some(({ txid, vout }) => fundings.has(`${txid}:${vout}`) || commitments.has(txid)),
      )
      .map(({ txid }) => txid as string),
  );
  return (await chainMovements(modules)).flatMap(({ type, blockheight: _height, origin: _origin, ...movement }) => {
    const { account, tag, outpoint = '', credit_msat } = movement;
    if (type === 'onchain_fee') return [movement];
    if (account === 'wallet' && tag === 'deposit' && !isOurs.has(outpoint.split(':')[0] as string)) return [movement];
    if (account !== 'external') return [];
    return [{ ...movement, account: 'wallet', tag: 'withdrawal', credit_msat: 0n, debit_msat: credit_msat }];
  });
}

/** Numbers of income in the order of its list: invoices, then payments, each with its fee behind it, then the chain from 1 on. */
export const INCOME_OF_INVOICES_FROM = -2_000_000_000_000_000n;
export const INCOME_OF_PAYMENTS_FROM = -1_000_000_000_000_000n;

/** An event, and the number that it keeps in every list of the same database. */
export interface NumberedIncome {
  readonly number: bigint;
  readonly event: IncomeEvent;
}

/** All that was earned and spent: invoices and payments over Lightning, then the chain. Read as it is asked for. */
export async function* incomeEvents(modules: Modules): AsyncGenerator<IncomeEvent> {
  for await (const { event } of numberedIncome(modules)) yield event;
}

/** The same with numbers. */
export async function* numberedIncome(modules: Modules): AsyncGenerator<NumberedIncome> {
  const { invoices, payments, wallet } = modules;
  const currency = wallet.network.bech32_prefix;
  for await (const invoice of invoices.list({ index: 'paid', status: 'paid' })) {
    // One that was paid on the chain is a deposit below.
    if (invoice.status !== 'paid' || invoice.paid_outpoint !== undefined) continue;
    const base = {
      account: 'channels',
      currency,
      timestamp: invoice.paid_at,
      description: invoice.description,
      payment_id: invoice.payment_hash,
    };
    const { amount_received_msat, opening_fee_msat = 0n } = invoice;
    const number = INCOME_OF_INVOICES_FROM + 2n * BigInt(invoice.pay_index);
    const credit_msat = amount_received_msat + opening_fee_msat;
    yield { number, event: { ...base, tag: 'invoice', credit_msat, debit_msat: 0n } };
    // What a provider took off for the channel that it opened is a cost.
    if (opening_fee_msat === 0n) continue;
    yield { number: number + 1n, event: { ...base, tag: 'lease_fee', credit_msat: 0n, debit_msat: opening_fee_msat } };
  }
  for await (const part of payments.listParts({ status: 'complete', index: 'created', start: 0n })) {
    const base = {
      account: part.channel_id as string,
      credit_msat: 0n,
      currency,
      timestamp: part.completed_at ?? part.created_at,
      description: part.description,
      payment_id: part.payment_hash as string,
    };
    const number = INCOME_OF_PAYMENTS_FROM + 2n * BigInt(part.created_index);
    yield { number, event: { ...base, tag: 'invoice', debit_msat: part.amount_msat } };
    const fee_msat = part.amount_sent_msat - part.amount_msat;
    if (fee_msat > 0n) yield { number: number + 1n, event: { ...base, tag: 'invoice_fee', debit_msat: fee_msat } };
  }
  let number = 0n;
  for (const event of await chainIncome(modules)) yield { number: ++number, event };
}
