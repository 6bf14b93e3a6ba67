/** A BOLT 11 as `decode` and `decodepay` show it. */

import { RpcError } from '../../base/errors.ts';
import { formatAddress, parseAddress } from '../../base/types/address.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { NETWORKS, type Network } from '../../base/types/network.ts';
import type { DecodeOptions } from '../../codec/bolt11/decode.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import type { Invoice as Bolt11 } from '../../codec/bolt11/invoice.ts';
import { decodeInvoice } from '../../codec/bolt11/native.ts';
import { SIGHASH_ALL } from '../../codec/tx/sighash.ts';
import { derSignature } from '../../codec/tx/signature.ts';
import { answer } from '../rpc/answer.ts';
import { foreignText } from './foreign-text.ts';

const ADDRESS_KINDS = ['P2PKH', 'P2SH', 'P2WPKH', 'P2WSH', 'P2TR'] as const;

/** What is in an invoice. */
export const decodedMembers = {
  currency: answer.string('The network: the letters after `ln`.'),
  created_at: answer.integer('The Unix time of its creation.'),
  expiry: answer.u64('For how many seconds after that it can be paid.'),
  payee: answer.nodeId('The node that is paid.'),
  amount_msat: answer.optional(answer.msat('The amount; absent if the payer chooses it.')),
  payment_hash: answer.hash('The hash of the preimage.'),
  signature: answer.hex("The payee's signature, DER."),
  description: answer.optional(answer.string('The description.')),
  description_hash: answer.optional(answer.hash('The SHA-256 of the description.')),
  min_final_cltv_expiry: answer.integer('Blocks that the payer must leave the payee.'),
  payment_secret: answer.secret('The secret that the payer must send to the payee.'),
  features: answer.optional(answer.hex('Feature bits (BOLT 9).')),
  payment_metadata: answer.optional(answer.hex('Data that the payer sends back to the payee.')),
  fallbacks: answer.optional(
    answer.array(
      answer.object(
        {
          type: answer.optional(answer.oneOf(ADDRESS_KINDS, 'The kind of address, if it is known.')),
          addr: answer.optional(answer.string('The address.')),
          hex: answer.hex('The output script.'),
        },
        'An address.',
      ),
      'Addresses for paying on chain instead.',
    ),
  ),
  routes: answer.optional(
    answer.array(
      answer.array(
        answer.object(
          {
            pubkey: answer.nodeId('The node at which the channel starts.'),
            short_channel_id: answer.shortChannelId('The channel.'),
            fee_base_msat: answer.integer('Its base fee in msat.'),
            fee_proportional_millionths: answer.integer('Its proportional fee in millionths.'),
            cltv_expiry_delta: answer.integer('Its delay in blocks.'),
          },
          'A channel.',
        ),
        'Consecutive channels.',
      ),
      'Routes to the payee over channels that are not public.',
    ),
  ),
  extra: answer.optional(
    answer.array(
      answer.object({ tag: answer.string('Its letter.'), data: answer.string('Its data, bech32.') }, 'A field.'),
      'Fields that Till does not know.',
    ),
  ),
} as const;

/**
 * Decodes the text; blanks and newlines around it do not matter. Throws RpcError INVALID_PARAMS that names the parameter,
 * what is wrong and where, or what the text is instead of an invoice.
 */
export function decodeAny(name: string, text: string, options: DecodeOptions = {}): Bolt11 {
  try {
    return decodeInvoice(text.trim(), options);
  } catch (error) {
    if (!(error instanceof Bolt11Error)) throw error;
    const foreign = foreignText(text);
    const reason = foreign === undefined ? error.message : `this is ${foreign}`;
    throw new RpcError('INVALID_PARAMS', `${name}: Invalid bolt11: ${reason}`);
  }
}

/** The invoice as it is answered. */
export function decodedAnswer(invoice: Bolt11) {
  const network = Object.values(NETWORKS).find(({ bolt11_prefix }) => bolt11_prefix === invoice.currency) as Network;
  const { fallbacks, routes, extra, features } = invoice;
  return {
    currency: invoice.currency as string,
    created_at: invoice.created_at,
    expiry: invoice.long_expiry_seconds ?? invoice.expiry_seconds,
    payee: invoice.payee as string,
    amount_msat: invoice.amount_msat as bigint | undefined,
    payment_hash: invoice.payment_hash as string,
    // As in a transaction, but for the byte that ends it there.
    signature: toHex(derSignature(fromHex(invoice.signature).subarray(0, 64), SIGHASH_ALL).subarray(0, -1)),
    description: invoice.description,
    description_hash: invoice.description_hash,
    min_final_cltv_expiry: invoice.min_final_cltv_expiry_delta,
    payment_secret: invoice.payment_secret as string,
    features: features.size === 0 ? undefined : toHex(encodeFeatures(features)),
    payment_metadata: invoice.payment_metadata,
    fallbacks: fallbacks.length === 0 ? undefined : fallbacks.map((script) => fallbackRow(script, network)),
    routes: routes.length === 0 ? undefined : routes,
    extra: extra.length === 0 ? undefined : extra,
  };
}

function fallbackRow(script_pubkey: string, network: Network) {
  const addr = formatAddress(script_pubkey, network);
  const kind = addr === undefined ? undefined : parseAddress(addr)?.kind;
  return { type: ADDRESS_KINDS.find((known) => known === kind), addr, hex: script_pubkey };
}
