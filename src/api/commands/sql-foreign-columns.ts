/**
 * Columns of Core Lightning's tables for what Till does not have: queries that name them run, and find NULL. A test
 * compares them with Core Lightning's own list.
 */
import type { ColumnType } from '../../infra/store/queries/tables.ts';

/** By table. */
export const FOREIGN_COLUMNS: Readonly<Record<string, Readonly<Record<string, ColumnType>>>> = {
  bkpr_accountevents: {
    currencyrate: 'REAL',
    description: 'TEXT',
    payment_id: 'BLOB',
    fees_msat: 'INTEGER',
    is_rebalance: 'INTEGER',
    part_id: 'INTEGER',
  },
  closedchannels: {
    funding_psbt: 'TEXT',
    funding_fee_paid_msat: 'INTEGER',
    funding_fee_rcvd_msat: 'INTEGER',
    funding_pushed_msat: 'INTEGER',
  },
  forwards: {
    in_htlc_id: 'INTEGER',
    out_channel: 'TEXT',
    out_htlc_id: 'INTEGER',
    updated_index: 'INTEGER',
    style: 'TEXT',
    resolved_time: 'REAL',
    failcode: 'INTEGER',
    failreason: 'TEXT',
    fee_msat: 'INTEGER',
    out_msat: 'INTEGER',
  },
  htlcs: { created_index: 'INTEGER', updated_index: 'INTEGER' },
  invoices: { bolt12: 'TEXT', local_offer_id: 'BLOB', invreq_payer_note: 'TEXT' },
  nodes: {
    option_will_fund_lease_fee_base_msat: 'INTEGER',
    option_will_fund_lease_fee_basis: 'INTEGER',
    option_will_fund_funding_weight: 'INTEGER',
    option_will_fund_channel_fee_max_base_msat: 'INTEGER',
    option_will_fund_channel_fee_max_proportional_thousandths: 'INTEGER',
    option_will_fund_compact_lease: 'BLOB',
  },
  offers: { force_paths: 'INTEGER', description: 'TEXT' },
  peerchannels: {
    scratch_txid: 'BLOB',
    owner: 'TEXT',
    initial_feerate: 'TEXT',
    last_feerate: 'TEXT',
    next_feerate: 'TEXT',
    next_fee_step: 'INTEGER',
    funding_pushed_msat: 'INTEGER',
    funding_local_funds_msat: 'INTEGER',
    funding_remote_funds_msat: 'INTEGER',
    funding_fee_paid_msat: 'INTEGER',
    funding_fee_rcvd_msat: 'INTEGER',
    funding_psbt: 'TEXT',
    funding_withheld: 'INTEGER',
    last_tx_fee_msat: 'INTEGER',
  },
  sendpays: { bolt12: 'TEXT', erroronion: 'BLOB' },
};
