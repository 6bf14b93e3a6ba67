/** The table of invoices as queries (`sql`) read it: the same rows as `listinvoices`, without a copy of them. */
import { NOW_FUNCTION } from '../../infra/store/queries/guard.ts';
import type { TableView } from '../../infra/store/queries/tables.ts';

/** As `readInvoice` makes them (row.ts): the columns here must say the same. */
export const INVOICES_VIEW: TableView = {
  reads: {
    invoices: [
      'created_index',
      'updated_index',
      'label',
      'payment_hash',
      'state',
      'amount_msat',
      'expires_at',
      'bolt11',
      'description',
      'metadata',
      'pay_index',
      'amount_received_msat',
      'opening_fee_msat',
      'paid_at',
      'paid_txid',
      'paid_outnum',
    ],
  },
  parts: [
    {
      table: 'invoices',
      expressions: {
        created_index: 'created_index',
        updated_index: 'updated_index',
        label: 'label',
        payment_hash: 'payment_hash',
        status: `CASE WHEN state = 'paid' THEN 'paid'
      WHEN state = 'expired' OR (state = 'unpaid' AND expires_at <= ${NOW_FUNCTION}()) THEN 'expired' ELSE 'unpaid' END`,
        amount_msat: 'amount_msat',
        expires_at: 'expires_at',
        bolt11: 'bolt11',
        description: 'description',
        metadata: 'metadata',
        pay_index: 'pay_index',
        amount_received_msat: 'amount_received_msat',
        opening_fee_msat: 'opening_fee_msat',
        paid_at: 'paid_at',
        paid_outpoint_txid: 'unhex(paid_txid)',
        paid_outpoint_outnum: 'paid_outnum',
        // The column itself is closed: the preimage of an unpaid invoice is worth its money.
        payment_preimage: 'paid_preimage(created_index)',
      },
    },
  ],
  lookups: { paid_preimage: "SELECT payment_preimage FROM invoices WHERE created_index = ? AND state = 'paid'" },
  functions: ['unhex', NOW_FUNCTION],
};
