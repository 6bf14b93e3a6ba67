/**
 * The state as text for the store, and back. What a crash would undo anyway is left out: the connection, the closing
 * negotiation, and what the peer proposed without signing it. Amounts are decimal strings. An HTLC is a row of values, to
 * keep the text short; the terms, which never change, are written once per record in memory.
 */
import { type Msat, msat, type Sat, sat } from '../../base/types/amount.ts';
import { forgetUnsigned } from './reestablish.ts';
import type { Side, Stage } from './stage.ts';
import type { ChannelState, ChannelTerms, Htlc, Knowledge, Removal, RemovedHtlc, SideTerms } from './state.ts';

/** Rises when an older Till could not read what a newer one wrote. */
const VERSION = 1;

/** A stored state cannot be read: it was written by a newer Till, or is damaged. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** The same record with its amounts as decimal strings. */
export type Encoded<T> = T extends bigint
  ? string
  : T extends string
    ? T
    : T extends readonly (infer Item)[]
      ? Encoded<Item>[]
      : T extends object
        ? { [Key in keyof T]: Encoded<T[Key]> }
        : T;

/** Fields in the order of `encodeHtlc`. */
type HtlcRow = [
  offered_by: 0 | 1,
  id: string,
  amount_msat: string,
  payment_hash: Htlc['payment_hash'],
  cltv_expiry: number,
  onion_routing_packet: string | null,
  path_key: string | null,
  added: Stage,
  removal: Removal | null,
  removed: Stage,
  taken: boolean,
  over_exposed: boolean,
  first_remote_number: number | null,
  last_remote_number: number | null,
  /** Not written by earlier versions, and only when there is one. */
  extra_fee?: string,
];

/** What changes, as it is stored. */
type Stored = Omit<
  ChannelState,
  | 'terms'
  | 'link'
  | 'negotiation'
  | 'shutdown_heard'
  | 'offered_close'
  | 'announcement_sent'
  | 'reminders_left'
  | 'revocation_repeated'
  | 'htlcs'
  | 'local_msat'
  | 'remote_msat'
  | 'local_next_htlc_id'
  | 'remote_next_htlc_id'
  | 'removed_htlcs'
  | 'ignore_fee_limits'
  | 'knowledge'
> & {
  knowledge?: Knowledge;
  ignore_fee_limits?: boolean;
  local_msat: string;
  remote_msat: string;
  local_next_htlc_id: string;
  remote_next_htlc_id: string;
  htlcs: HtlcRow[];
  removed_htlcs: Encoded<RemovedHtlc>[];
};

const terms_text = new WeakMap<ChannelTerms, string>();

/** The state as text. */
export function encodeState(state: ChannelState): string {
  const {
    terms,
    link,
    negotiation,
    shutdown_heard,
    offered_close,
    announcement_sent,
    reminders_left,
    revocation_repeated,
    ...kept
  } = forgetUnsigned(state);
  let text = terms_text.get(terms);
  if (text === undefined) {
    text = encodeTerms(terms);
    terms_text.set(terms, text);
  }
  const stored: Stored = {
    ...kept,
    local_msat: kept.local_msat.toString(),
    remote_msat: kept.remote_msat.toString(),
    local_next_htlc_id: kept.local_next_htlc_id.toString(),
    remote_next_htlc_id: kept.remote_next_htlc_id.toString(),
    htlcs: kept.htlcs.map(encodeHtlc),
    removed_htlcs: kept.removed_htlcs.map((htlc) => ({
      ...htlc,
      id: htlc.id.toString(),
      amount_msat: htlc.amount_msat.toString(),
    })),
  };
  return `{"version":${VERSION},"terms":${text},"state":${JSON.stringify(stored)}}`;
}

/** The terms as JSON, amounts as decimal strings. */
export function encodeTerms(terms: ChannelTerms): string {
  return JSON.stringify(terms, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** The state of a text, without a connection. Throws StateError. */
export function decodeState(text: string): ChannelState {
  const { version, terms, state } = parse(text);
  if (version !== VERSION) {
    throw new StateError(`a channel is stored in format ${version}, this Till reads ${VERSION}: use a newer one`);
  }
  return {
    terms: decodeTerms(terms),
    // Before this was stored, a channel of which only the terms were left was known by its empty signature.
    knowledge: state.knowledge ?? (state.local_signature === '' ? 'terms' : 'all'),
    phase: state.phase,
    link: 'down',
    local_msat: msat(BigInt(state.local_msat)),
    remote_msat: msat(BigInt(state.remote_msat)),
    htlcs: state.htlcs.map(decodeHtlc),
    feerates: state.feerates,
    // Not stored by earlier versions.
    ignore_fee_limits: state.ignore_fee_limits ?? false,
    local_next_htlc_id: BigInt(state.local_next_htlc_id),
    remote_next_htlc_id: BigInt(state.remote_next_htlc_id),
    local_number: state.local_number,
    local_signature: state.local_signature,
    local_htlc_signatures: state.local_htlc_signatures,
    remote_number: state.remote_number,
    remote_point: state.remote_point,
    remote_next_point: state.remote_next_point,
    remote_secrets: state.remote_secrets,
    awaiting_revocation: state.awaiting_revocation,
    revoked_after_signing: state.revoked_after_signing,
    commit_due: state.commit_due,
    ready_sent: state.ready_sent,
    ready_received: state.ready_received,
    remote_alias: state.remote_alias,
    funding_confirmation: state.funding_confirmation,
    // Not stored by earlier versions.
    funding_sight: state.funding_sight,
    funding_rival: state.funding_rival,
    local_announcement: state.local_announcement,
    remote_announcement: state.remote_announcement,
    announcement_sent: false,
    reminders_left: 0,
    revocation_repeated: false,
    local_shutdown_script: state.local_shutdown_script,
    shutdown_sent: state.shutdown_sent,
    closing_height: state.closing_height,
    remote_shutdown_script: state.remote_shutdown_script,
    negotiation: undefined,
    closing_feerange: state.closing_feerange,
    shutdown_heard: false,
    offered_close: undefined,
    closing_transactions: state.closing_transactions,
    own_closing_transaction: state.own_closing_transaction,
    failure: state.failure,
    peer_behind_height: state.peer_behind_height,
    removed_htlcs: state.removed_htlcs.map((htlc) => ({
      ...htlc,
      id: BigInt(htlc.id),
      amount_msat: msat(BigInt(htlc.amount_msat)),
    })),
  };
}

function parse(text: string): { version: number; terms: Encoded<ChannelTerms>; state: Stored } {
  try {
    return JSON.parse(text) as { version: number; terms: Encoded<ChannelTerms>; state: Stored };
  } catch {
    throw new StateError('a stored channel is no JSON: the store is damaged');
  }
}

/** The terms of what `encodeTerms` wrote, parsed. */
export function decodeTerms(terms: Encoded<ChannelTerms>): ChannelTerms {
  return {
    ...terms,
    funding_satoshis: decodeSat(terms.funding_satoshis),
    local: decodeSide(terms.local),
    remote: decodeSide(terms.remote),
  };
}

function decodeSide(side: Encoded<SideTerms>): SideTerms {
  return {
    ...side,
    dust_limit_satoshis: decodeSat(side.dust_limit_satoshis),
    max_htlc_value_in_flight_msat: decodeMsat(side.max_htlc_value_in_flight_msat),
    channel_reserve_satoshis: decodeSat(side.channel_reserve_satoshis),
    htlc_minimum_msat: decodeMsat(side.htlc_minimum_msat),
  };
}

function decodeSat(text: string): Sat {
  return sat(BigInt(text));
}

function decodeMsat(text: string): Msat {
  return msat(BigInt(text));
}

function encodeHtlc(htlc: Htlc): HtlcRow {
  const row: HtlcRow = [
    htlc.offered_by === 'local' ? 0 : 1,
    htlc.id.toString(),
    htlc.amount_msat.toString(),
    htlc.payment_hash,
    htlc.cltv_expiry,
    htlc.onion_routing_packet ?? null,
    htlc.path_key ?? null,
    htlc.added,
    htlc.removal ?? null,
    htlc.removed,
    htlc.taken,
    htlc.over_exposed,
    htlc.first_remote_number ?? null,
    htlc.last_remote_number ?? null,
  ];
  if (htlc.extra_fee !== undefined) row[14] = htlc.extra_fee.toString();
  return row;
}

function decodeHtlc(row: HtlcRow): Htlc {
  const sides: readonly Side[] = ['local', 'remote'];
  return {
    offered_by: sides[row[0]] as Side,
    id: BigInt(row[1]),
    amount_msat: decodeMsat(row[2]),
    payment_hash: row[3],
    cltv_expiry: row[4],
    onion_routing_packet: row[5] ?? undefined,
    path_key: row[6] ?? undefined,
    extra_fee: row[14] === undefined ? undefined : decodeMsat(row[14]),
    added: row[7],
    removal: row[8] ?? undefined,
    removed: row[9],
    taken: row[10],
    over_exposed: row[11],
    first_remote_number: row[12] ?? undefined,
    last_remote_number: row[13] ?? undefined,
  };
}
