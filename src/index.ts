/**
 * The node as a library, `lightning-till`: start one inside your own program, and use its modules without a socket.
 * The codec alone is `lightning-till/bolt11`, a client of a node that runs elsewhere `lightning-till/client`.
 */
export { type Config, loadConfig } from './app/config/config.ts';
export { ConfigError } from './app/config/option.ts';
export { Daemon, type DaemonOptions } from './app/daemon/daemon.ts';
export { RpcError } from './base/errors.ts';
export { type Log, type LogLevel, openLog } from './base/log.ts';
export { type Msat, msat, type Sat, sat } from './base/types/amount.ts';
export type { NodeId, PaymentHash, PaymentPreimage, PaymentSecret, Txid } from './base/types/brand.ts';
export { Secret } from './base/types/secret.ts';
export { version } from './base/version.ts';
export type { InvoiceChange } from './shop/invoices/changes.ts';
export type { CreatedInvoice } from './shop/invoices/create.ts';
export type { CreateRequest } from './shop/invoices/create-request.ts';
export type { ExpiredInvoice, Invoice, InvoiceStatus, PaidInvoice, UnpaidInvoice } from './shop/invoices/invoice.ts';
export type { Invoices } from './shop/invoices/invoices.ts';
export type { ListQuery } from './shop/invoices/list.ts';
export type { Awaited, IndexReached } from './shop/invoices/wait.ts';
