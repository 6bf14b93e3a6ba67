/** Channels that are bought with invoices, as invoices see them: node/liquidity/ buys, shop/invoices/ writes and shows. */

import { openingFee } from '../../codec/lsps/lsps2.ts';
import type { Buyer } from '../../node/liquidity/buyer.ts';
import type { Order } from '../../node/liquidity/order.ts';
import type { Orders } from '../../node/liquidity/orders.ts';
import type { JitSource, JitTerms } from '../../shop/invoices/ports.ts';

/** Joins both. */
export function jitPort({
  buyer,
  orders,
}: {
  readonly buyer: Pick<Buyer, 'buy'>;
  readonly orders: Pick<Orders, 'add' | 'find' | 'newWrite' | 'deletionWrites' | 'deleted'>;
}): JitSource {
  return {
    async buy(purchase) {
      const { order, lsp_cltv_expiry_delta, extra_cltv_blocks } = await buyer.buy(purchase);
      return {
        ...termsOf(order),
        hop: {
          pubkey: order.node_id,
          short_channel_id: order.jit_channel_scid,
          fee_base_msat: 0,
          fee_proportional_millionths: 0,
          cltv_expiry_delta: lsp_cltv_expiry_delta,
        },
        valid_until: order.valid_until,
        extra_cltv_blocks,
        write: orders.newWrite(order),
        committed: () => orders.add(order),
      };
    },
    async termsOf(payment_hash) {
      const order = await orders.find(payment_hash);
      return order && termsOf(order);
    },
    deletionWrites: (payment_hash) => orders.deletionWrites(payment_hash),
    deleted: (payment_hash) => orders.deleted(payment_hash),
  };
}

function termsOf(order: Order): JitTerms {
  const { node_id, payment_size_msat, min_fee_msat, proportional, client_trusts_lsp } = order;
  const fee_msat = payment_size_msat === undefined ? undefined : openingFee(payment_size_msat, order);
  return { node_id, opening_fee_msat: fee_msat ?? min_fee_msat, proportional, client_trusts_lsp };
}
