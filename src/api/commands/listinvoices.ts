import { RpcError } from '../../base/errors.ts';
import { satToMsat } from '../../base/types/amount.ts';
import type { InvoiceKey } from '../../shop/invoices/find.ts';
import type { Invoice } from '../../shop/invoices/invoice.ts';
import { matcherOf } from '../../shop/invoices/list.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand, type Rooms } from './rooms.ts';

const deposit = answer.object(
  {
    txid: answer.txid('The transaction.'),
    outnum: answer.integer('The index of its output.'),
    amount_msat: answer.msat('What it pays.'),
    blockheight: answer.optional(answer.integer('Its block; absent while a reorganisation keeps it out of the chain.')),
    status: answer.oneOf(
      ['pending', 'paid', 'short', 'late'],
      'Whether it waits for confirmations, paid the invoice (alone or with others), is too little so far, or came when the invoice was expired or paid already.',
    ),
  },
  'An output that pays to the address of the invoice.',
);

const row = answer.object(
  {
    ...invoiceMembers,
    deposits: answer.optional(
      answer.array(deposit, 'What arrived at the address that the invoice shows; absent when nothing did.'),
    ),
  },
  'An invoice.',
);

/** Invoices whose deposits are looked up together. */
const LOOKED_UP_TOGETHER = 100;

async function withDeposits(found: readonly Invoice[], { deposits }: Rooms) {
  const arrived = await deposits.ofInvoices(found.map(({ created_index }) => created_index));
  return found.map((invoice) => {
    const own = arrived.filter(({ created_index }) => created_index === invoice.created_index);
    if (own.length === 0) return invoiceRow(invoice);
    return {
      ...invoiceRow(invoice),
      deposits: own.map(({ txid, vout, amount_sat, blockheight, outcome }) => ({
        txid,
        outnum: vout,
        amount_msat: satToMsat(amount_sat),
        blockheight,
        status: outcome,
      })),
    };
  });
}

async function* rowsOf(invoices: AsyncIterable<Invoice>, rooms: Rooms) {
  let together: Invoice[] = [];
  for await (const invoice of invoices) {
    if (together.push(invoice) < LOOKED_UP_TOGETHER) continue;
    yield* await withDeposits(together, rooms);
    together = [];
  }
  yield* await withDeposits(together, rooms);
}

/** Finds invoices. */
export const listinvoices = defineCommand({
  name: 'listinvoices',
  aliases: ['listinvoice'],
  category: 'invoices',
  title: 'Command for querying invoice status',
  description: `Lists one invoice, or all in the order of an index. Nothing found is an empty list, not an error.

A list of all is sent as it is read, so it may have any length. To read it in pieces, ask with \`index\`, \`start\` and \`limit\`, and go on from the index after the last one of each answer.`,
  params: {
    label: optional(field.label, 'The invoice with this label.'),
    invstring: optional(
      field.string,
      'The invoice with this BOLT 11 text; `lightning:` before it and upper case are fine.',
    ),
    payment_hash: optional(field.hash, 'The invoice with this payment hash.'),
    offer_id: optional(field.hash, 'The invoices of an offer. Till makes no offers, so there are none.'),
    index: optional(
      field.oneOf('created', 'updated', 'paid'),
      'The order: of creation (default), of the last change, or of payment. The last two leave out what never changed or was not paid.',
    ),
    start: withDefault(field.u64, 0n, 'The first index to list. Needs `index`.'),
    limit: optional(field.u32, 'The most invoices to list. Needs `index`.'),
    status: byName(optional(field.oneOf('unpaid', 'paid', 'expired'), 'Only those with this status.')),
    reverse: byName(withDefault(field.boolean, false, 'From the highest index (or `start`) down.')),
    since: byName(optional(field.u64, 'Only those created (with `index` paid: paid) at this Unix time or later.')),
    until: byName(optional(field.u64, 'Only those created (with `index` paid: paid) before this Unix time.')),
    description: byName(optional(field.string, 'Only those with this text in their description, in either case.')),
    metadata: byName(optional(field.object, 'Only those whose metadata has these members.')),
  },
  returns: { invoices: answer.stream(row, 'What was found.') },
  errors: [],
  examples: [
    { title: 'By label', params: { label: 'coffee' } },
    { title: 'The last ten payments', params: { index: 'paid', reverse: true, limit: 10 } },
  ],
  see_also: ['invoice', 'delinvoice', 'waitinvoice'],
  access: 'read',
  async run({ label, invstring, payment_hash, offer_id, rest: _rest, ...query }, rooms) {
    const { invoices } = rooms;
    const keys: InvoiceKey[] = [];
    if (label !== undefined) keys.push({ label });
    if (invstring !== undefined) keys.push({ invstring });
    if (payment_hash !== undefined) keys.push({ payment_hash });
    if (keys.length + (offer_id === undefined ? 0 : 1) > 1) {
      throw new RpcError(
        'INVALID_PARAMS',
        'Can only specify one of {label}, {invstring}, {payment_hash} or {offer_id}',
      );
    }
    if (query.index === undefined) {
      if (query.start !== 0n) throw new RpcError('INVALID_PARAMS', 'Can only specify {start} with {index}');
      if (query.limit !== undefined) throw new RpcError('INVALID_PARAMS', 'Can only specify {limit} with {index}');
    }
    if (offer_id !== undefined) return { invoices: [] };
    const [key] = keys;
    if (key !== undefined) {
      const found = await invoices.find(key);
      const isWanted = found !== undefined && matcherOf(query)(found);
      return { invoices: await withDeposits(isWanted ? [found] : [], rooms) };
    }
    const start = query.start === 0n ? undefined : query.start;
    return { invoices: rowsOf(invoices.list({ ...query, start }), rooms) };
  },
});
