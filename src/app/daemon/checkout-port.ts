/** The invoices as checkout pages see them. */
import { RpcError } from '../../base/errors.ts';
import { formatAddress } from '../../base/types/address.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { Network } from '../../base/types/network.ts';
import { checkTerms } from '../../codec/bolt11/check.ts';
import { parseRaw } from '../../codec/bolt11/raw.ts';
import type { Checkout } from '../../shop/checkout/checkout.ts';
import type { InvoicePort } from '../../shop/checkout/ports.ts';
import type { Deposits } from '../../shop/deposits/deposits.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';

/** Connects checkout pages to the invoices; the pages are built with this port. */
export function checkoutPort(
  invoices: Pick<Invoices, 'find' | 'listen' | 'create'>,
  deposits: Pick<Deposits, 'isInvoiceAddress'>,
  network: Network,
  wasBought: (payment_hash: PaymentHash) => Promise<boolean>,
  checkout: () => Checkout,
): InvoicePort {
  /** Addresses that the shop gave the invoice; one of ours is made anew. */
  const givenAddresses = async (scripts: readonly string[]): Promise<{ fallbacks?: readonly string[] }> => {
    const [first] = scripts;
    if (first === undefined || (await deposits.isInvoiceAddress(first))) return {};
    return { fallbacks: scripts.flatMap((script) => formatAddress(script, network) ?? []) };
  };
  return {
    find: (created_index) => invoices.find({ created_index }),
    findLabel: (label) => invoices.find({ label }),
    listen: (label, listener) => invoices.listen({ label }, () => listener()),
    async repeat(invoice, label, page) {
      const { description_hash, fallbacks } = checkTerms(parseRaw(invoice.bolt11));
      const stored = await invoices.find({ created_index: invoice.created_index });
      try {
        const made = await invoices.create({
          // A price is asked for again, at the rate of now.
          amount_msat: invoice.price ?? invoice.amount_msat ?? 'any',
          label,
          description: invoice.description ?? '',
          description_hash,
          expiry: BigInt(invoice.expires_at - invoice.created_at),
          metadata: stored?.metadata,
          ...(await givenAddresses(fallbacks)),
          // The channel that was bought for the first is not to be had any more.
          ...((await wasBought(invoice.payment_hash)) ? { jit: true } : {}),
          beside: (payment_hash) => [checkout().pageWrite(page, payment_hash)],
        });
        return made.invoice;
      } catch (error) {
        if (error instanceof RpcError && error.error === 'INVOICE_LABEL_ALREADY_EXISTS') return undefined;
        throw error;
      }
    },
  };
}
