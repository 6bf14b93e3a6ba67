/** The table of payments of ours as queries (`sql`) read it: the same rows as `listsendpays`, without a copy of them. */
import type { TableView } from '../../infra/store/queries/tables.ts';

/** As `sendpayOf` makes them (sendpay.ts): the columns here must say the same. */
export const SENDPAYS_VIEW: TableView = {
  reads: {
    sendpays: [
      'created_index',
      'updated_index',
      'payment_hash',
      'groupid',
      'partid',
      'status',
      'amount_msat',
      'amount_sent_msat',
      'destination',
      'created_at',
      'completed_at',
      'payment_preimage',
      'label',
      'bolt11',
      'description',
    ],
  },
  parts: [
    {
      table: 'sendpays',
      expressions: {
        created_index: 'created_index',
        id: 'created_index',
        updated_index: 'updated_index',
        payment_hash: 'unhex(payment_hash)',
        groupid: 'groupid',
        // Absent where it is zero, as in the list.
        partid: 'CASE WHEN partid <> 0 THEN partid END',
        status: 'status',
        amount_msat: 'amount_msat',
        amount_sent_msat: 'amount_sent_msat',
        destination: 'unhex(destination)',
        created_at: 'created_at',
        completed_at: 'completed_at',
        payment_preimage: 'unhex(payment_preimage)',
        label: 'label',
        bolt11: 'bolt11',
        description: 'description',
      },
    },
  ],
  lookups: {},
  functions: ['unhex'],
};
