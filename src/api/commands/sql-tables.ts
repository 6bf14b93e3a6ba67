/**
 * The tables of `sql`: each is a list command, its rows as that command answers them. Those that grow with each payment
 * are read from the database's file where there is one; of the others, and elsewhere, a query reads a copy made for it.
 */
import { SENDPAYS_VIEW } from '../../node/payments/query-view.ts';
import { INVOICES_VIEW } from '../../shop/invoices/query-view.ts';
import type { AnswerMembers } from '../rpc/answer.ts';
import type { Command, Context } from '../rpc/command.ts';
import { readParams } from '../rpc/table.ts';
import { chainIncome, numberedIncome } from './account-events.ts';
import { bkprListaccountevents } from './bkpr-listaccountevents.ts';
import { bkprListincome } from './bkpr-listincome.ts';
import { listchannels } from './listchannels.ts';
import { listclosedchannels } from './listclosedchannels.ts';
import { listforwards } from './listforwards.ts';
import { listhtlcs } from './listhtlcs.ts';
import { listinvoices } from './listinvoices.ts';
import { listnodes } from './listnodes.ts';
import { listoffers } from './listoffers.ts';
import { listpeerchannels } from './listpeerchannels.ts';
import { listpeers } from './listpeers.ts';
import { listsendpays } from './listsendpays.ts';
import { listtransactions } from './listtransactions.ts';
import type { Modules } from './modules.ts';
import { FOREIGN_COLUMNS } from './sql-foreign-columns.ts';
import { INCOME_VIEW, ONCHAIN_INCOME_TABLE } from './sql-income-view.ts';
import { type ShapeOptions, shapesOf, type TableShape } from './sql-shape.ts';

/** Rows of a list, at once or as they come. */
export type ListRows = Iterable<unknown> | AsyncIterable<unknown>;

/** A list, and the tables that it gives: its own first, then those of arrays in its rows. */
export interface SqlList {
  readonly tables: readonly TableShape[];
  rows(modules: Modules, context: Context): Promise<ListRows>;
}

/** The rows that a command answers, as the member of this name. */
function membersOf(command: Command<Modules>, member: string): AnswerMembers {
  return command.returns.members?.[member]?.element?.members ?? {};
}

function list(name: string, command: Command<Modules>, member: string, options: ShapeOptions = {}): SqlList {
  const foreign = FOREIGN_COLUMNS[name];
  const shape = { ...options, ...(foreign === undefined ? {} : { foreign }) };
  return {
    tables: shapesOf(name, membersOf(command, member), shape),
    async rows(modules, context) {
      const result = await command.run(readParams(command, {}), modules, context);
      return (result as Readonly<Record<string, ListRows>>)[member] as ListRows;
    },
  };
}

/** Income, with the numbers that it has in the view of a file. */
async function* numberedRows(modules: Modules): AsyncGenerator<unknown> {
  for await (const { number, event } of numberedIncome(modules)) yield { ...event, rowid: number };
}

/** Every list of which there are tables. What happened on the chain has one of its own, as a part of `bkpr_income`. */
export const SQL_LISTS: readonly SqlList[] = [
  list('bkpr_accountevents', bkprListaccountevents, 'events'),
  {
    ...list('bkpr_income', bkprListincome, 'income_events', { view: INCOME_VIEW }),
    rows: async (modules) => numberedRows(modules),
  },
  {
    tables: shapesOf(ONCHAIN_INCOME_TABLE, membersOf(bkprListincome, 'income_events')),
    rows: (modules) => chainIncome(modules),
  },
  list('channels', listchannels, 'channels', { indices: [['short_channel_id']] }),
  list('closedchannels', listclosedchannels, 'closedchannels'),
  list('forwards', listforwards, 'forwards', { indices: [['in_channel', 'in_htlc_id']] }),
  list('htlcs', listhtlcs, 'htlcs', { indices: [['short_channel_id', 'id']] }),
  list('invoices', listinvoices, 'invoices', {
    indices: [['payment_hash']],
    omit: ['deposits', 'price', 'warning_cltv'],
    view: INVOICES_VIEW,
  }),
  list('nodes', listnodes, 'nodes', { indices: [['nodeid']] }),
  list('offers', listoffers, 'offers', { indices: [['offer_id']] }),
  list('peerchannels', listpeerchannels, 'channels', { indices: [['peer_id']] }),
  list('peers', listpeers, 'peers', { indices: [['id']] }),
  list('sendpays', listsendpays, 'payments', { indices: [['payment_hash']], view: SENDPAYS_VIEW }),
  list('transactions', listtransactions, 'transactions', { indices: [['hash']] }),
];

/** Every table. */
export const SQL_TABLES: readonly TableShape[] = SQL_LISTS.flatMap(({ tables }) => tables);
