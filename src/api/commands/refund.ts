import { byName, optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { refundMembers, refundRow } from './refund-row.ts';
import { ofCounter } from './sale-row.ts';

/** Gives money back. */
export const refund = defineCommand({
  name: 'refund',
  category: 'invoices',
  title: 'Command for giving money back to a customer',
  description: `Sends back what was paid for an invoice, all of it or a part: to an invoice of the customer, to a Lightning address or LNURL, or to an address on the chain. It is recorded before it is sent, and answered when it is sent. All refunds of an invoice together never exceed what was received for it.

If the command fails before the refund is recorded, nothing was sent. If it could not be sent, the error is \`REFUND_FAILED\`; its amount may then be given back another time. If the node stops meanwhile, \`listrefunds\` shows how it ended once the node is up again: nothing is ever sent a second time.

What sending costs is the shop's: fees of the network are not taken off the amount.`,
  params: {
    label: required(field.label, 'The label of the paid invoice.'),
    destination: required(
      field.string,
      'A BOLT 11 invoice, a Lightning address (name@domain), an LNURL (`lnurl1...` or `lnurlp://...`), or an address of this network.',
    ),
    amount_msat: optional(
      field.msat,
      'How much. Default: what the invoice that is to be paid asks for, else all that is left. To an address, less than a satoshi stays.',
    ),
    amount: byName(
      optional(
        field.u64,
        "How much, in the smallest unit of the currency of the invoice's price, at the rate that was pinned.",
      ),
    ),
    counter: byName(
      optional(
        field.string,
        'The name of a counter: the invoice must be of one of its sales. What a cashier asks must say the own counter.',
      ),
    ),
    note: byName(optional(field.string, 'Kept with the refund, 639 bytes at most. The customer does not see it.')),
    idempotency_key: byName(
      optional(
        field.string,
        'A name for this request, 128 bytes at most. A repeat with the same one answers the same refund, and sends nothing.',
      ),
    ),
  },
  returns: refundMembers,
  errors: [
    'INVOICE_NOT_FOUND',
    'SALE_NOT_FOUND',
    'INVOICE_STATUS_UNEXPECTED',
    'REFUND_TOO_LARGE',
    'REFUND_DESTINATION_FAILED',
    'REFUND_FAILED',
    'IDEMPOTENCY_KEY_REUSED',
  ],
  examples: [
    { title: 'All of it', params: ['table-5', 'alice@wallet.example'] },
    {
      title: '1.50 EUR of it, once however often it is asked for',
      params: { label: 'table-5', destination: 'alice@wallet.example', amount: 150, idempotency_key: 'complaint-12' },
    },
  ],
  see_also: ['listrefunds', 'listinvoices', 'xpay', 'withdraw'],
  access: 'write',
  async run({ rest: _rest, counter: name, ...request }, { refunds, counter }, { signal }) {
    if (name !== undefined) ofCounter(await counter.sales.ofLabel(request.label), name);
    return refundRow(await refunds.refund(request, signal));
  },
});
