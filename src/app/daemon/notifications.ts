/**
 * Core Lightning's notifications, as its REST interface sends them: one object with the topic as its only member. They are
 * not kept; events (shop/events) are.
 */
import { writeJson } from '../../api/rpc/writer.ts';
import type { PaidInvoice } from '../../shop/invoices/invoice.ts';
import type { Infra } from './build-infra.ts';
import type { Shop } from './build-shop.ts';
import type { PeerNotices } from './peer-notices.ts';

type Notify = (json: string) => void;

/** Hands notifications over until the function that is returned is called. */
export function notificationsOf(
  { chain }: Pick<Infra, 'chain'>,
  { invoices, events }: Pick<Shop, 'invoices' | 'events'>,
  peers: PeerNotices,
  notify: Notify,
): () => void {
  const send = (topic: string, fields: Readonly<Record<string, unknown>>): void =>
    notify(writeJson({ [topic]: fields }));
  const endings = [
    invoices.listen('created', ({ what, invoice: { label, amount_msat } }) => {
      // The preimage of an invoice that nobody has paid is not for whoever listens.
      if (what === 'created') send('invoice_creation', { label, msat: amount_msat });
    }),
    invoices.listen('paid', ({ invoice }) => {
      const { label, amount_received_msat, opening_fee_msat, payment_preimage, paid_outpoint } = invoice as PaidInvoice;
      const outpoint = paid_outpoint === undefined ? undefined : `${paid_outpoint.txid}:${paid_outpoint.outnum}`;
      const payment = { label, msat: amount_received_msat, opening_fee_msat, preimage: payment_preimage, outpoint };
      send('invoice_payment', payment);
    }),
    chain.onTip(({ kind, block }) => {
      if (kind === 'connected') send('block_added', { hash: block.hash, height: block.height });
    }),
    peers.listen(send),
    channelNotifications(events, send),
  ];
  return () => {
    for (const end of endings) end();
  };
}

/** `channel_opened` and `channel_state_changed`, from the log of events. */
function channelNotifications(
  events: Shop['events'],
  send: (topic: string, fields: Readonly<Record<string, unknown>>) => void,
): () => void {
  let last_id: number | undefined;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    if (last_id === undefined) return;
    const page = await events.read({ after: last_id, types: ['channel.opened', 'channel.closing', 'channel.closed'] });
    last_id = page.next_after;
    for (const { type, time, data } of page.events) {
      const { peer_id, channel_id, short_channel_id, total_msat, funding_txid } = JSON.parse(data) as Record<
        string,
        unknown
      >;
      if (type === 'channel.opened') {
        send('channel_opened', { id: peer_id, funding_msat: total_msat, funding_txid, channel_ready: true });
      }
      send('channel_state_changed', {
        peer_id,
        channel_id,
        short_channel_id,
        timestamp: new Date(time * 1000).toISOString(),
        new_state: STATES[type as keyof typeof STATES],
      });
    }
  };
  const readNext = (): void => {
    // What cannot be read now is read with the next event; these are only notifications.
    reading = reading.then(read).catch(() => undefined);
  };
  reading = events.range().then((range) => {
    last_id = range.last_id;
  });
  return events.subscribe(readNext);
}

const STATES = {
  'channel.opened': 'CHANNELD_NORMAL',
  'channel.closing': 'CHANNELD_SHUTTING_DOWN',
  'channel.closed': 'CLOSED',
} as const;
