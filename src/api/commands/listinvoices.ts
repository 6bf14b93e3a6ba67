import { RpcError } from '../../base/errors.ts';
import { satToMsat } from '../../base/types/amount.ts';
import type { InvoiceKey } from '../../shop/invoices/find.ts';
import type { Invoice } from '../../shop/invoices/invoice.ts';
import { matcherOf } from '../../shop/invoices/list.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { invoiceMembers, invoiceRow } from './invoice-row.ts';
import { defineCommand, type Modules } from './modules.ts';

const deposit = answer.object(
  {
    txid: answer.txid('The transaction.'),
    outnum: answer.integer('The index of its output.'),
    amount_msat: answer.msat('Its amount.'),
    blockheight: answer.optional(
      answer.integer('The height of its block; absent while a reorganisation keeps it out of the chain.'),
    ),
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
      answer.array(deposit, 'Deposits to the address in the invoice; absent if there are none.'),
    ),
  },
  'An invoice.',
);

/** Invoices whose deposits are looked up together. */
const LOOKED_UP_TOGETHER = 100;

async function withDeposits(found: readonly Invoice[], { deposits }: Modules) {
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

async function* rowsOf(invoices: AsyncIterable<Invoice>, modules: Modules) {
  let together: Invoice[] = [];
  for await (const invoice of invoices) {
    if (together.push(invoice) < LOOKED_UP_TOGETHER) continue;
    yield* await withDeposits(together, modules);
    together = [];
  }
  yield* await withDeposits(together, modules);
}

/** Finds invoices. */
export const listinvoices = defineCommand({
  name: 'listinvoices',
  aliases: ['listinvoice'],
  category: 'invoices',
  title: 'Command for querying invoice status',
  description: `Lists one invoice, or all of them in the order of an index. If none is found, the list is empty; that is not an error.

A full list is sent while it is read, so it may have any length. To read it in pages, give \`index\`, \`start\` and \`limit\`, and continue with the index after the last one of each answer.`,
  params: {
    label: optional(field.label, 'The invoice with this label.'),
    invstring: optional(
      field.string,
      'The invoice with this BOLT 11 text. It may be in upper case and begin with `lightning:`.',
    ),
    payment_hash: optional(field.hash, 'The invoice with this payment hash.'),
    offer_id: optional(field.hash, 'The invoices of an offer. Till makes no offers, so there are none.'),
    index: optional(
      field.oneOf('created', 'updated', 'paid'),
      'The order: of creation (default), of the last change, or of payment. The last two omit invoices that never changed or were not paid.',
    ),
    start: withDefault(field.u64, 0n, 'The first index to list. Needs `index`.'),
    limit: optional(field.u32, 'The maximum number of invoices. Needs `index`.'),
    status: byName(optional(field.oneOf('unpaid', 'paid', 'expired'), 'Only those with this status.')),
    reverse: byName(withDefault(field.boolean, false, 'List from the highest index (or `start`) downward.')),
    since: byName(optional(field.u64, 'Only those created (with `index` paid: paid) at this Unix time or later.')),
    until: byName(optional(field.u64, 'Only those created (with `index` paid: paid) before this Unix time.')),
    description: byName(optional(field.string, 'Only those with this text in their description, ignoring case.')),
    metadata: byName(optional(field.object, 'Only those whose metadata has these members.')),
  },
  returns: { invoices: answer.stream(row, 'The result.') },
  errors: [],
  examples: [
    { title: 'By label', params: { label: 'coffee' } },
    { title: 'The last ten payments', params: { index: 'paid', reverse: true, limit: 10 } },
  ],
  see_also: ['invoice', 'delinvoice', 'waitinvoice'],
  access: 'read',
  async run({ label, invstring, payment_hash, offer_id, rest: _rest, ...query }, modules) {
    const { invoices } = modules;
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
      return { invoices: await withDeposits(isWanted ? [found] : [], modules) };
    }
    const start = query.start === 0n ? undefined : query.start;
    return { invoices: rowsOf(invoices.list({ ...query, start }), modules) };
  },
});
