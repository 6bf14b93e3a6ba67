/** All migrations in order. A new one is a file of its own and a line here. */
import { invoices } from './0001-invoices.ts';
import { channels } from './0002-channels.ts';
import { node } from './0003-node.ts';
import { wallet } from './0004-wallet.ts';
import { payments } from './0005-payments.ts';
import { endings } from './0006-endings.ts';
import { deposits } from './0007-deposits.ts';
import { databaseFile } from './0008-database-file.ts';
import { narrowHashIndex } from './0009-narrow-hash-index.ts';
import { runMarks } from './0010-run-marks.ts';
import { nodeOfDatabase } from './0011-node-of-database.ts';
import { localUpdates } from './0012-local-updates.ts';
import { recentBlocks } from './0013-recent-blocks.ts';
import { traffic } from './0014-traffic.ts';
import { lateFundings } from './0015-late-fundings.ts';
import { runes } from './0016-runes.ts';
import { events } from './0017-events.ts';
import { peerStorage } from './0018-peer-storage.ts';
import { fundingCoins } from './0019-funding-coins.ts';
import { walletHistory } from './0020-wallet-history.ts';
import { webhooks } from './0021-webhooks.ts';
import { idempotentRequests } from './0022-idempotent-requests.ts';
import { checkoutPages } from './0023-checkout-pages.ts';
import { people } from './0024-people.ts';
import { dashboard } from './0025-dashboard.ts';
import { jitOrders } from './0026-jit-orders.ts';
import { lightningAddresses } from './0027-lightning-addresses.ts';
import { invoicePrices } from './0028-invoice-prices.ts';
import { refunds } from './0029-refunds.ts';
import { channelOrders } from './0030-channel-orders.ts';
import { counter } from './0031-counter.ts';
import { orderHeights } from './0032-order-heights.ts';
import { takingsInCurrencies } from './0033-takings-in-currencies.ts';
import type { Migration } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [
  invoices,
  channels,
  node,
  wallet,
  payments,
  endings,
  deposits,
  databaseFile,
  narrowHashIndex,
  runMarks,
  nodeOfDatabase,
  localUpdates,
  recentBlocks,
  traffic,
  lateFundings,
  runes,
  events,
  peerStorage,
  fundingCoins,
  walletHistory,
  webhooks,
  idempotentRequests,
  checkoutPages,
  people,
  dashboard,
  jitOrders,
  lightningAddresses,
  invoicePrices,
  refunds,
  channelOrders,
  counter,
  orderHeights,
  takingsInCurrencies,
];
