/** A failed part as the error that `sendpay`, `waitsendpay` and `pay` answer. */
import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Sendpay } from './sendpay.ts';

/** A failure by the name that Core Lightning gives it; undefined when the number has no name. */
function wireName(failcodename: string): string | undefined {
  return failcodename === 'unknown' ? undefined : `WIRE_${failcodename.toUpperCase()}`;
}

/** The error of a part of ours that failed. Its data tells who failed it, counted from us: 0 is our own node. */
export function failureError(part: Sendpay, own_node_id: NodeId): RpcError {
  const { failure, route } = part;
  if (failure === undefined) return new RpcError('PAY_UNSPECIFIED_ERROR', 'the payment failed, and nobody said why');
  const { erring_index, failcode, failcodename, raw_message } = failure;
  if (failcodename === 'unreadable') {
    const message = 'the failure came back in a form that could not be read';
    return new RpcError('PAY_UNPARSEABLE_ONION', message, { onionreply: raw_message });
  }
  const isPayee = erring_index === route.length - 1;
  const at = erring_index === undefined ? undefined : route[erring_index];
  const channel = isPayee || erring_index === undefined ? at : route[erring_index + 1];
  const erring = channel ?? route[0];
  const begin = erring === undefined ? undefined : (route[route.indexOf(erring) - 1]?.id ?? own_node_id);
  const name = wireName(failcodename);
  return new RpcError(
    isPayee ? 'PAY_DESTINATION_PERM_FAIL' : 'PAY_TRY_OTHER_ROUTE',
    `failed: ${name ?? `failure ${failcode}`} (reply from remote)`,
    {
      created_index: part.created_index,
      id: part.created_index,
      payment_hash: part.payment_hash,
      groupid: part.groupid,
      ...(part.partid === 0n ? {} : { partid: part.partid }),
      status: 'failed',
      amount_msat: part.amount_msat,
      amount_sent_msat: part.amount_sent_msat,
      destination: part.destination,
      created_at: part.created_at,
      erring_index: erring_index === undefined ? 0 : erring_index + 1,
      erring_node: at?.id,
      erring_channel: erring?.channel,
      ...(begin === undefined || erring === undefined ? {} : { erring_direction: begin < erring.id ? 0 : 1 }),
      failcode,
      failcodename: name,
      raw_message,
    },
  );
}
