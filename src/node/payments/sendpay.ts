/** A payment of ours, part by part: what is kept of each HTLC that we offered, and its row. */

import { type Msat, msat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import { u64FromColumn, u64ToColumn } from '../../infra/store/u64.ts';

/** One hop of a route, as `sendpay` and `getroute` spell it: where to, through what, and with what. */
export interface RouteStep {
  readonly id: NodeId;
  readonly channel: ShortChannelId;
  readonly amount_msat: Msat;
  /** Blocks that are left when the HTLC arrives there. */
  readonly delay: number;
}

/** Why a part came back. */
export interface SendFailure {
  /** The hop that failed: 0 is the peer; undefined when nobody can tell. */
  readonly erring_index: number | undefined;
  readonly failcode: number;
  readonly failcodename: string;
  /** Hex, as the hop wrote it. */
  readonly raw_message: string;
}

export interface Sendpay {
  readonly created_index: bigint;
  /** Rises with every change of any part; undefined until the first. */
  readonly updated_index: bigint | undefined;
  readonly payment_hash: PaymentHash;
  readonly groupid: bigint;
  readonly partid: bigint;
  readonly status: 'pending' | 'complete' | 'failed';
  readonly amount_msat: Msat;
  readonly amount_sent_msat: Msat;
  readonly destination: NodeId;
  readonly created_at: number;
  readonly completed_at: number | undefined;
  readonly payment_preimage: PaymentPreimage | undefined;
  readonly label: string | undefined;
  readonly bolt11: string | undefined;
  readonly description: string | undefined;
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly route: readonly RouteStep[];
  /** With the hops, in their order; forgotten when the part is final. */
  readonly shared_secrets: readonly Uint8Array[];
  readonly failure: SendFailure | undefined;
}

const COLUMNS = `created_index, updated_index, payment_hash, groupid, partid, status, amount_msat, amount_sent_msat, destination,
  created_at, completed_at, payment_preimage, label, bolt11, description, channel_id, htlc_id, route, shared_secrets, failure`;

/** The start of every read of the table. */
export const SELECT_SENDPAYS = `SELECT ${COLUMNS} FROM sendpays`;

/** Writes a part down, in the unit that makes its HTLC durable. */
export function insertSendpay(part: Sendpay): Write {
  return {
    sql: `INSERT INTO sendpays (${COLUMNS}) VALUES (?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, NULL)`,
    params: [
      part.created_index,
      part.payment_hash,
      u64ToColumn(part.groupid),
      u64ToColumn(part.partid),
      part.status,
      u64ToColumn(part.amount_msat),
      u64ToColumn(part.amount_sent_msat),
      part.destination,
      BigInt(part.created_at),
      part.label ?? null,
      part.bolt11 ?? null,
      part.description ?? null,
      part.channel_id,
      part.htlc_id,
      JSON.stringify(part.route.map((step) => ({ ...step, amount_msat: String(step.amount_msat) }))),
      Buffer.concat(part.shared_secrets),
    ],
  };
}

/** Writes down how a pending part ended. */
export function endSendpay(part: Sendpay): Write {
  const { status, payment_preimage, failure, completed_at, updated_index, created_index } = part;
  return {
    sql: `UPDATE sendpays SET status = ?, payment_preimage = ?, failure = ?, completed_at = ?, updated_index = ?,
      shared_secrets = NULL WHERE created_index = ? AND status = 'pending'`,
    params: [
      status,
      payment_preimage ?? null,
      failure === undefined ? null : JSON.stringify(failure),
      completed_at === undefined ? null : BigInt(completed_at),
      updated_index ?? null,
      created_index,
    ],
  };
}

/** A row of the table. */
export function sendpayOf(row: Row): Sendpay {
  const secrets = row.shared_secrets as Uint8Array | null;
  const shared_secrets: Uint8Array[] = [];
  for (let at = 0; secrets !== null && at < secrets.length; at += 32) shared_secrets.push(secrets.slice(at, at + 32));
  const route = JSON.parse(row.route as string) as (Omit<RouteStep, 'amount_msat'> & { amount_msat: string })[];
  return {
    created_index: row.created_index as bigint,
    updated_index: (row.updated_index as bigint | null) ?? undefined,
    payment_hash: row.payment_hash as PaymentHash,
    groupid: u64FromColumn(row.groupid as bigint),
    partid: u64FromColumn(row.partid as bigint),
    status: row.status as Sendpay['status'],
    amount_msat: msat(u64FromColumn(row.amount_msat as bigint)),
    amount_sent_msat: msat(u64FromColumn(row.amount_sent_msat as bigint)),
    destination: row.destination as NodeId,
    created_at: Number(row.created_at),
    completed_at: row.completed_at === null ? undefined : Number(row.completed_at),
    payment_preimage: (row.payment_preimage as PaymentPreimage | null) ?? undefined,
    label: (row.label as string | null) ?? undefined,
    bolt11: (row.bolt11 as string | null) ?? undefined,
    description: (row.description as string | null) ?? undefined,
    channel_id: row.channel_id as ChannelId,
    htlc_id: row.htlc_id as bigint,
    route: route.map((step) => ({ ...step, amount_msat: msat(BigInt(step.amount_msat)) })),
    shared_secrets,
    failure: row.failure === null ? undefined : (JSON.parse(row.failure as string) as SendFailure),
  };
}
