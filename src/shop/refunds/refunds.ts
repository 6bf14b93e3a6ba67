/**
 * Money back: the entry of the module. A refund is recorded before anything is sent; what is given back of an invoice is
 * never more than was received for it, whoever asks at the same time. After a crash the state of what was under way is found
 * out from the payment or the transaction, and nothing is sent a second time.
 */
import { RpcError } from '../../base/errors.ts';
import { type Msat, msatToSatFloor } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Network } from '../../base/types/network.ts';
import { untilAborted } from '../../base/types/until-aborted.ts';
import type { JsonSource } from '../../infra/http/json-asker.ts';
import { storableText } from '../../infra/store/storable.ts';
import { type Store, StoreClosedError } from '../../infra/store/store.ts';
import { type Destination, parseDestination } from './destination.ts';
import { type RequestedInvoice, requestInvoice } from './lnurl.ts';
import { moneyOf, type Refunded } from './money.ts';
import type { ChainPort, InvoicePort, LightningPort, PaidInvoice } from './ports.ts';
import type { Refund } from './refund.ts';
import { amountOf, checkTexts, type RefundRequest } from './request.ts';
import {
  endUnit,
  findRefund,
  listRefunds,
  type NewRefund,
  type RefundEnd,
  type RefundQuery,
  readPending,
  readRefunded,
  recordUnit,
  STOPPED_BY,
  txidWrite,
} from './rows.ts';

export interface RefundsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly network: Network;
  readonly invoices: InvoicePort;
  readonly lightning: LightningPort;
  readonly chain: ChainPort;
  /** Asks Lightning addresses. */
  readonly asker: JsonSource;
  readonly log: { info(text: string): void; warn(text: string): void };
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

export class Refunds {
  readonly #options: RefundsOptions;
  /** Those that are being sent, by their number. */
  readonly #running = new Map<number, Promise<Refund>>();
  readonly #stopping = new AbortController();

  constructor(options: RefundsOptions) {
    this.#options = options;
  }

  /** Finds out what became of refunds that an earlier run left under way. Sends nothing. */
  async start(): Promise<void> {
    for (const refund of await readPending(this.#options.store)) {
      this.#run(refund, () => this.#findOut(refund));
    }
  }

  /** Waits for no payment: the next start finds out how they ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.asker.close();
    await Promise.allSettled(this.#running.values());
  }

  /**
   * Records a refund and sends it. Resolves when it is sent. Rejects with RpcError: before it is recorded for what cannot
   * be, REFUND_FAILED when it could not be sent; with the signal's reason when that ends the waiting: the refund goes on.
   */
  async refund(request: RefundRequest, signal: AbortSignal): Promise<Refund> {
    checkTexts(request);
    const earlier = await this.#earlier(request);
    const refund = earlier ?? (await this.#record(request, signal));
    const ended = await untilAborted(this.#running.get(refund.refund_id) ?? this.#read(refund.refund_id), signal);
    if (ended.status !== 'failed') return ended;
    throw new RpcError('REFUND_FAILED', `The refund was not sent: ${ended.failure}`, { refund_id: ended.refund_id });
  }

  /** The refunds of a query, read as they are asked for. */
  list(query: RefundQuery): AsyncGenerator<Refund, void> {
    return listRefunds(this.#options.store, query);
  }

  /** The refund that makes this payment, unless it failed. */
  ofPayment(payment_hash: PaymentHash): Promise<Refund | undefined> {
    return findRefund(this.#options.store, { payment_hash });
  }

  /** What was given back of an invoice, or is on its way. */
  refunded(created_index: number): Promise<Refunded> {
    return readRefunded(this.#options.store, created_index);
  }

  async #read(refund_id: number): Promise<Refund> {
    return (await findRefund(this.#options.store, { refund_id })) as Refund;
  }

  /** The refund that an earlier request with the same key made. Rejects with RpcError when that asked for another. */
  async #earlier(request: RefundRequest): Promise<Refund | undefined> {
    const { idempotency_key, label, destination, amount_msat, amount, note } = request;
    if (idempotency_key === undefined) return undefined;
    const found = await findRefund(this.#options.store, { idempotency_key });
    if (found === undefined) return undefined;
    const isSame =
      found.label === label &&
      found.destination === parseDestination(destination, this.#options.network).text &&
      (amount_msat === undefined || found.amount_msat === amount_msat) &&
      (amount === undefined || found.money?.amount === amount) &&
      found.note === note;
    if (isSame) return found;
    throw new RpcError('IDEMPOTENCY_KEY_REUSED', 'The key was used for another refund: take a new one', {
      refund_id: found.refund_id,
    });
  }

  async #record(request: RefundRequest, signal: AbortSignal): Promise<Refund> {
    const { store, network } = this.#options;
    const invoice = await this.#paidInvoice(request.label);
    const destination = parseDestination(request.destination, network);
    for (;;) {
      const before = await readRefunded(store, invoice.created_index);
      const amount_msat = amountOf(request, invoice, destination, before);
      const paid = await this.#invoiceToPay(destination, amount_msat, signal);
      const refund = this.#newRefund(request, { invoice, destination, before, amount_msat, paid });
      const result = await store.commit(recordUnit(refund, before));
      if (result.committed) {
        const refund_id = Number(result.rows[STOPPED_BY.twin]?.[0]?.refund_id);
        const recorded: Refund = { ...refund, refund_id, status: 'pending' };
        this.#run(recorded, () => this.#send(recorded, destination, paid));
        return recorded;
      }
      if (result.stopped_at === STOPPED_BY.total) continue;
      const twin = await this.#earlier(request);
      if (twin !== undefined) return twin;
      throw alreadyPaid();
    }
  }

  async #paidInvoice(label: string): Promise<PaidInvoice> {
    const invoice = await this.#options.invoices.find(label);
    if (invoice === undefined) throw new RpcError('INVOICE_NOT_FOUND', 'Unknown invoice');
    if (typeof invoice !== 'string') return invoice;
    throw new RpcError('INVOICE_STATUS_UNEXPECTED', `Invoice status is ${invoice}: only what was paid is given back`, {
      current_status: invoice,
      expected_status: 'paid',
    });
  }

  /** The invoice to pay; undefined on the chain. Rejects with RpcError when there is none, or it was paid before. */
  async #invoiceToPay(
    destination: Destination,
    amount_msat: Msat,
    signal: AbortSignal,
  ): Promise<RequestedInvoice | undefined> {
    if (destination.method === 'onchain') return undefined;
    const { lightning, asker, network } = this.#options;
    const paid =
      destination.method === 'bolt11'
        ? { bolt11: destination.text, invoice: destination.invoice }
        : await requestInvoice({ asker, network }, destination.url, amount_msat, signal);
    if (await lightning.isUsed(paid.invoice.payment_hash)) throw alreadyPaid();
    return paid;
  }

  #newRefund(
    { amount, note, idempotency_key }: RefundRequest,
    found: {
      readonly invoice: PaidInvoice;
      readonly destination: Destination;
      readonly before: Refunded;
      readonly amount_msat: Msat;
      readonly paid: RequestedInvoice | undefined;
    },
  ): NewRefund {
    const { invoice, destination, before, amount_msat, paid } = found;
    const { price, amount_msat: asked_msat } = invoice;
    return {
      invoice_index: invoice.created_index,
      label: invoice.label,
      method: destination.method,
      destination: destination.text,
      amount_msat,
      money:
        price === undefined || asked_msat === undefined
          ? undefined
          : { currency: price.currency, amount: amount ?? moneyOf(price, asked_msat, before, amount_msat) },
      bolt11: paid?.bolt11,
      payment_hash: paid?.invoice.payment_hash,
      note,
      idempotency_key,
      created_at: this.#options.clock.nowSeconds(),
    };
  }

  #run(refund: Refund, work: () => Promise<RefundEnd>): void {
    const { refund_id } = refund;
    const running = work()
      .then((end) => this.#end(refund_id, end))
      .finally(() => this.#running.delete(refund_id));
    this.#running.set(refund_id, running);
    running.catch((error: unknown) => {
      // The next start finds out how it ended.
      if (error instanceof StoreClosedError || this.#stopping.signal.aborted) return;
      this.#options.onBackgroundError(error);
    });
  }

  async #end(refund_id: number, end: RefundEnd): Promise<Refund> {
    const { store, clock, log } = this.#options;
    const refund = await this.#read(refund_id);
    await store.commit(endUnit(refund, end, clock.nowSeconds()));
    const { label, amount_msat } = refund;
    if (end.status === 'sent') log.info(`refund ${refund_id} of invoice "${label}" is sent: ${amount_msat} msat`);
    else log.warn(`refund ${refund_id} of invoice "${label}" was not sent: ${end.failure}`);
    return await this.#read(refund_id);
  }

  /** Sends what is recorded; answers how that ended. Rejects while the node stops. */
  async #send(refund: Refund, destination: Destination, paid: RequestedInvoice | undefined): Promise<RefundEnd> {
    const { lightning, chain } = this.#options;
    const { amount_msat, refund_id, label } = refund;
    if (destination.method === 'onchain') {
      try {
        const { fee_sat } = await chain.pay(destination.script_pubkey, msatToSatFloor(amount_msat), ({ txid }) => [
          txidWrite(refund_id, txid),
        ]);
        return { status: 'sent', fee_msat: fee_sat * 1000n };
      } catch (error) {
        return failed(error);
      }
    }
    const { bolt11, invoice } = paid as RequestedInvoice;
    try {
      const order = { bolt11, invoice, amount_msat, label: `refund ${refund_id} of ${label}` };
      await lightning.pay(order, this.#stopping.signal);
    } catch (error) {
      const end = await this.#endOfPayment(refund);
      return end.status === 'sent' ? end : failed(error);
    }
    return await this.#endOfPayment(refund);
  }

  /** After a restart: how a refund that was under way ended. */
  async #findOut(refund: Refund): Promise<RefundEnd> {
    if (refund.method !== 'onchain') return await this.#endOfPayment(refund);
    const { chain } = this.#options;
    const { txid } = refund;
    if (txid === undefined || chain.isDropped(txid)) return NEVER_SENT;
    return { status: 'sent', fee_msat: chain.feeOf(txid) * 1000n };
  }

  async #endOfPayment({ payment_hash, amount_msat }: Refund): Promise<RefundEnd> {
    const end = await this.#options.lightning.end(
      payment_hash as NonNullable<typeof payment_hash>,
      this.#stopping.signal,
    );
    if (end.kind === 'failed') return NEVER_SENT;
    return { status: 'sent', fee_msat: end.amount_sent_msat - amount_msat };
  }
}

const NEVER_SENT: RefundEnd = { status: 'failed', failure: 'the node stopped before it was sent; ask for it again' };

/** What the other side or the wallet says; anything else is no end of a refund. */
function failed(error: unknown): RefundEnd {
  // A stranger may have written a part of it.
  if (error instanceof RpcError) return { status: 'failed', failure: storableText(error.message) };
  throw error;
}

function alreadyPaid(): RpcError {
  return new RpcError(
    'REFUND_DESTINATION_FAILED',
    'This invoice was paid before, or is being paid: ask for a new one. Nothing was sent',
  );
}
