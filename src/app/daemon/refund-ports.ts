/** What refunds ask of invoices, payments and the wallet. */
import { requestedFeerate } from '../../api/commands/fee-estimates.ts';
import { usualFee } from '../../api/commands/pay-request.ts';
import { walletFailure } from '../../api/commands/wallet-failure.ts';
import { add, type Msat, msat, sat, sum } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import { untilAborted } from '../../base/types/until-aborted.ts';
import type { ChainSource } from '../../infra/chain/source.ts';
import type { Payer } from '../../node/payments/pay.ts';
import type { OutgoingPayments } from '../../node/payments/send.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';
import type { ChainPort, InvoicePort, LightningPort, PaymentEnd } from '../../shop/refunds/ports.ts';

/** The blocks and seconds that a payment of ours may take when nobody says: those of `pay`. */
const USUAL_LIMITS = { max_delay: 2016, retry_for_seconds: 60 } as const;

/** Invoices as refunds see them. */
export function refundedInvoices(invoices: Invoices): InvoicePort {
  return {
    async find(label) {
      const invoice = await invoices.find({ label });
      if (invoice?.status !== 'paid') return invoice?.status;
      // What the customer paid: a provider may have taken something off it.
      const { amount_received_msat, opening_fee_msat = msat(0) } = invoice;
      return { ...invoice, amount_received_msat: add(amount_received_msat, opening_fee_msat) };
    },
  };
}

/** Payments over Lightning as refunds see them. */
export function lightningRefunds(payer: Payer, payments: OutgoingPayments): LightningPort {
  return {
    async pay({ bolt11, invoice, amount_msat, label }, signal) {
      const maxfee_msat = usualFee(amount_msat);
      const { description } = invoice;
      const limits = { ...USUAL_LIMITS, maxfee_msat, exclude: new Set<string>() };
      await payer.pay({ bolt11, invoice, amount_msat, total_msat: amount_msat, label, description, ...limits }, signal);
    },
    async isUsed(payment_hash) {
      return (await payments.parts(payment_hash)).some(({ status }) => status !== 'failed');
    },
    async end(payment_hash, signal) {
      for (;;) {
        const { promise: ended, resolve } = Promise.withResolvers<void>();
        const cancel = payments.onEnd(payment_hash, () => resolve());
        try {
          const end = await endOf(payments, payment_hash);
          if (end !== undefined) return end;
          await untilAborted(ended, signal);
        } finally {
          cancel();
        }
      }
    },
  };
}

/** Undefined while a part is under way and none has arrived. */
async function endOf(payments: OutgoingPayments, payment_hash: PaymentHash): Promise<PaymentEnd | undefined> {
  const parts = await payments.parts(payment_hash);
  const arrived = parts.find(({ status }) => status === 'complete');
  if (arrived === undefined) return parts.some(({ status }) => status === 'pending') ? undefined : { kind: 'failed' };
  // Who releases the preimage of one part has them all.
  const taken = parts.filter(({ groupid, status }) => groupid === arrived.groupid && status !== 'failed');
  return { kind: 'complete', amount_sent_msat: sum<Msat>(taken.map(({ amount_sent_msat }) => amount_sent_msat)) };
}

/** Payments on the chain as refunds see them. */
export function onchainRefunds(wallet: Wallet, chain: ChainSource): ChainPort {
  return {
    async pay(script_pubkey, amount_sat, writes) {
      try {
        const feerate_per_kw = requestedFeerate(chain, { kind: 'named', name: 'normal' });
        const { txid, fee_sat } = await wallet.withdraw(script_pubkey, amount_sat, { feerate_per_kw }, writes);
        return { txid, fee_sat };
      } catch (error) {
        throw walletFailure(error, chain);
      }
    },
    feeOf: (txid) => wallet.find(txid)?.fee_sat ?? sat(0),
    isDropped(txid) {
      const own = wallet.find(txid);
      return own?.state === 'dropped' && own.blockheight === undefined;
    },
  };
}
