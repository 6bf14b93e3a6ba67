/**
 * The node as a library, `lightning-till`: start one within a program of yours, and use its rooms without a socket.
 * The codec alone is `lightning-till/bolt11`, a client of a node that runs elsewhere `lightning-till/client`.
 */
export { type Config, loadConfig } from './config/config.ts';
export { ConfigError } from './config/option.ts';
export { Daemon, type DaemonOptions } from './daemon/daemon.ts';
export { RpcError } from './errors.ts';
export type { InvoiceChange } from './invoices/changes.ts';
export type { CreatedInvoice, CreateRequest } from './invoices/create.ts';
export type { ExpiredInvoice, Invoice, InvoiceStatus, PaidInvoice, UnpaidInvoice } from './invoices/invoice.ts';
export type { Invoices } from './invoices/invoices.ts';
export type { ListQuery } from './invoices/list.ts';
export type { Awaited, IndexReached } from './invoices/wait.ts';
export { type Log, type LogLevel, openLog } from './log.ts';
export { type Msat, msat, type Sat, sat } from './types/amount.ts';
export type { NodeId, PaymentHash, PaymentPreimage, PaymentSecret, Txid } from './types/brand.ts';
export { Secret } from './types/secret.ts';
export { version } from './version.ts';
