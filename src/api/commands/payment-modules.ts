/** What the commands of our own payments run on. */
import type { Payer } from '../../node/payments/pay.ts';
import type { OutgoingPayments } from '../../node/payments/send.ts';

export interface PaymentModules {
  readonly payments: OutgoingPayments;
  readonly payer: Payer;
}
