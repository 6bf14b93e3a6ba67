/** The table `bkpr_income` from the database's file: as `numberedIncome` makes it (account-events.ts), without a copy. */
import type { TableView, ViewPart } from '../../infra/store/queries/tables.ts';
import { INCOME_OF_INVOICES_FROM, INCOME_OF_PAYMENTS_FROM } from './account-events.ts';

/** The function that answers the prefix of the chain's addresses. */
export const CURRENCY_FUNCTION = 'till_currency';
/** The table of what happened on the chain, which no file holds in this form. */
export const ONCHAIN_INCOME_TABLE = 'bkpr_onchain_income';

function invoice(tag: string, credit_msat: string, debit_msat: string, where: string, rank: number): ViewPart {
  return {
    table: 'invoices',
    expressions: {
      rowid: `${INCOME_OF_INVOICES_FROM} + 2 * pay_index + ${rank}`,
      account: "'channels'",
      tag: `'${tag}'`,
      credit_msat,
      debit_msat,
      currency: `${CURRENCY_FUNCTION}()`,
      timestamp: 'paid_at',
      description: 'description',
      payment_id: 'payment_hash',
    },
    where: `pay_index IS NOT NULL AND paid_txid IS NULL${where}`,
  };
}

function payment(tag: string, debit_msat: string, where: string, rank: number): ViewPart {
  return {
    table: 'sendpays',
    expressions: {
      rowid: `${INCOME_OF_PAYMENTS_FROM} + 2 * created_index + ${rank}`,
      account: 'channel_id',
      tag: `'${tag}'`,
      credit_msat: '0',
      debit_msat,
      currency: `${CURRENCY_FUNCTION}()`,
      timestamp: 'coalesce(completed_at, created_at)',
      description: 'description',
      payment_id: 'unhex(payment_hash)',
    },
    where,
  };
}

/** The view. */
export const INCOME_VIEW: TableView = {
  parts: [
    invoice('invoice', 'amount_received_msat + coalesce(opening_fee_msat, 0)', '0', '', 0),
    invoice('lease_fee', '0', 'opening_fee_msat', ' AND opening_fee_msat IS NOT NULL', 1),
    payment('invoice', 'amount_msat', "status = 'complete'", 0),
    payment(
      'invoice_fee',
      'amount_sent_msat - amount_msat',
      "status = 'complete' AND amount_sent_msat > amount_msat",
      1,
    ),
  ],
  copied: ONCHAIN_INCOME_TABLE,
  reads: {
    invoices: [
      'pay_index',
      'amount_received_msat',
      'opening_fee_msat',
      'paid_at',
      'paid_txid',
      'description',
      'payment_hash',
    ],
    sendpays: [
      'created_index',
      'channel_id',
      'amount_msat',
      'amount_sent_msat',
      'created_at',
      'completed_at',
      'description',
      'payment_hash',
      'status',
    ],
  },
  lookups: {},
  functions: ['unhex', CURRENCY_FUNCTION],
};
