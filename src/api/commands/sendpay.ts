import { RpcError } from '../../base/errors.ts';
import type { NodeId, PaymentSecret } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { OfferRefused } from '../../node/payments/send.ts';
import type { RouteStep } from '../../node/payments/sendpay.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { type Field, Unfit } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { isJsonObject, type Json, type JsonObject } from '../rpc/json.ts';
import { defineCommand } from './modules.ts';
import { sendpayMembers, sendpayRow } from './sendpay-row.ts';

/** The first of these members that a hop has. Throws RpcError when it has none. */
function either<T>(step: JsonObject, names: readonly [string, string], of: Field<T>): T {
  const name = names.find((each) => step[each] !== undefined);
  if (name === undefined) throw new Unfit(`must have either ${names[0]} or ${names[1]}`, step);
  const value = step[name] as Json;
  try {
    return of.parse(value);
  } catch (error) {
    throw error instanceof Unfit ? new Unfit(`bad ${names.join('/')}`, error.token ?? value) : error;
  }
}

/** The channel of a hop, without its direction: the nodes say which one is meant. */
const hopChannel: Field<ShortChannelId> = {
  ...field.shortChannelId,
  parse: (value) => field.shortChannelId.parse(typeof value === 'string' ? value.replace(/\/[01]$/, '') : value),
};

/** Hops as `getroute` or `getroutes` answers them; members that only describe them are skipped. */
const routeField: Field<readonly RouteStep[]> = {
  type: 'route',
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        id: field.nodeId.schema,
        channel: field.shortChannelId.schema,
        amount_msat: field.msat.schema,
        delay: field.u32.schema,
        node_id_out: field.nodeId.schema,
        short_channel_id_dir: { type: 'string' },
        amount_out_msat: field.msat.schema,
        cltv_out: field.u32.schema,
      },
    },
  },
  secret: false,
  parse(value) {
    if (!Array.isArray(value)) throw new Unfit('must be an array');
    return value.map((step: Json) => {
      if (!isJsonObject(step)) throw new Unfit('must have either short_channel_id_dir or channel', step);
      return {
        channel: either(step, ['short_channel_id_dir', 'channel'], hopChannel),
        id: either(step, ['node_id_out', 'id'], field.nodeId),
        amount_msat: either(step, ['amount_out_msat', 'amount_msat'], field.msat),
        delay: either(step, ['cltv_out', 'delay'], field.u32),
      };
    });
  },
};

/** Throws RpcError, in Core Lightning's words, when one part cannot be the whole of this total, or part of it. */
function refuseTotal(total_msat: bigint, final_msat: bigint, partid: bigint): void {
  if (partid === 0n && total_msat !== final_msat) {
    const message = `Do not specify msatoshi (${total_msat}msat) without partid: if you do, it must be exactly the final amount (${final_msat}msat)`;
    throw new RpcError('INVALID_PARAMS', message);
  }
  if (final_msat > total_msat) {
    throw new RpcError(
      'INVALID_PARAMS',
      `Final amount ${final_msat}msat is greater than ${total_msat}msat, despite MPP`,
    );
  }
}

/** PERM | 10 (BOLT 4). */
const UNKNOWN_NEXT_PEER = 0x4000 | 10;
/** What to do while a part is under way. */
const MONITOR = 'Monitor status with listpays or waitsendpay';

/** Sends one part along a route. */
export const sendpay = defineCommand({
  name: 'sendpay',
  category: 'payments',
  title: 'Command for sending a payment over a given route',
  description:
    'Sends one HTLC along the route and answers when that is on disk. `waitsendpay` reports how it ends. Asking again for the same part answers its status and never sends it twice.',
  params: {
    route: required(routeField, 'The hops, as `getroute` answers them, or the path of a route of `getroutes`.'),
    payment_hash: required(field.hash, 'The hash of the payment.'),
    label: optional(field.label, 'A label, stored with it.'),
    amount_msat: optional(field.msat, 'The sum of all parts; required with `partid`.'),
    bolt11: optional(field.string, 'The invoice, stored with it.'),
    payment_secret: optional(field.secret, 'The payment secret of the invoice. Every current invoice has one.'),
    partid: withDefault(field.u64, 0n, 'The number of the part, if there are several.'),
    localinvreqid: optional(field.hex, 'Accepted and ignored: Till makes no invoice requests.'),
    groupid: optional(field.u64, 'The attempt that the part belongs to. Default: the latest.'),
    payment_metadata: optional(field.hex, 'The metadata that the invoice asks for.'),
    description: optional(field.string, 'A description, stored with it.'),
  },
  returns: { ...sendpayMembers, message: answer.optional(answer.string('What to do next while it is pending.')) },
  errors: ['PAY_IN_PROGRESS', 'PAY_RHASH_ALREADY_USED', 'PAY_TRY_OTHER_ROUTE', 'PAY_USER_ERROR'],
  see_also: ['getroute', 'waitsendpay', 'listsendpays', 'pay'],
  access: 'write',
  async run(params, { payments }) {
    const { route, payment_hash, amount_msat, partid } = params;
    const last = route.at(-1);
    if (last === undefined) throw selfPayment(amount_msat, partid);
    if (partid !== 0n && amount_msat === undefined) {
      throw new RpcError('INVALID_PARAMS', 'Must specify msatoshi with partid');
    }
    if (amount_msat !== undefined) refuseTotal(amount_msat, last.amount_msat, partid);
    if (partid !== 0n && params.payment_secret === undefined) {
      throw new RpcError('INVALID_PARAMS', 'partid requires payment_secret');
    }
    const parts = await payments.parts(payment_hash);
    const groupid = params.groupid ?? parts.reduce((most, part) => (part.groupid > most ? part.groupid : most), 1n);
    const same = parts.find((part) => part.groupid === groupid && part.partid === partid);
    if (same !== undefined && same.status !== 'failed') {
      if (same.amount_msat !== last.amount_msat || same.destination !== last.id) {
        const how = same.status === 'complete' ? 'succeeded' : 'pending';
        const message =
          same.amount_msat !== last.amount_msat
            ? `Already ${how} with amount ${same.amount_msat}msat (not ${last.amount_msat}msat)`
            : `Already ${how} to ${same.destination}`;
        throw new RpcError('PAY_RHASH_ALREADY_USED', message);
      }
      return same.status === 'pending' ? { ...sendpayRow(same), message: MONITOR } : sendpayRow(same);
    }
    const asked = {
      route,
      payment_hash,
      payment_secret: params.payment_secret?.reveal() as PaymentSecret | undefined,
      total_msat: amount_msat ?? last.amount_msat,
      // What failed stays on record: trying it again is a try of its own, unless a group was named.
      groupid: same === undefined || params.groupid !== undefined ? groupid : groupid + 1n,
      partid,
      payment_metadata: params.payment_metadata,
      label: params.label,
      bolt11: params.bolt11,
      description: params.description,
    };
    try {
      return { ...sendpayRow(await payments.send(asked)), message: MONITOR };
    } catch (error) {
      throw error instanceof OfferRefused && error.refusal === 'channel_unusable'
        ? new RpcError('PAY_TRY_OTHER_ROUTE', 'No connection to first peer found', nowhere(payments.node_id))
        : error;
    }
  },
});

/** The data of a failure that happened before anything left this node. */
function nowhere(own_node_id: NodeId) {
  return {
    erring_index: 0,
    failcode: UNKNOWN_NEXT_PEER,
    failcodename: 'WIRE_UNKNOWN_NEXT_PEER',
    erring_node: own_node_id,
  };
}

/** A route without hops would be a payment to ourselves. */
function selfPayment(amount_msat: bigint | undefined, partid: bigint): RpcError {
  if (amount_msat === undefined) return new RpcError('INVALID_PARAMS', 'Self-payment requires amount_msat');
  if (partid !== 0n) {
    return new RpcError('INVALID_PARAMS', 'Self-payment does not allow (non-zero) partid');
  }
  return new RpcError('INVALID_PARAMS', 'Self-payment: the route is empty, and Till does not pay itself');
}
