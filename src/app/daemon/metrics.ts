/**
 * What Prometheus asks for. Amounts are in millisatoshi or satoshi, as their names say; what is counted since the start of
 * the process is a counter, and Prometheus knows how to go on after a restart.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { waysIn } from '../../node/channels/hint-source.ts';
import { stateName } from '../../node/channels/state-name.ts';
import type { PaidInvoice } from '../../shop/invoices/invoice.ts';
import type { BuiltLayers } from './command-modules.ts';

export interface Metrics {
  /** The type of the text. */
  readonly content_type: string;
  /** All metrics as they are now, in Prometheus' format. */
  text(): Promise<string>;
  /** A command was answered. */
  onAnswered(method: string, seconds: number, is_good: boolean): void;
  stop(): void;
}

const COMMAND_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 60];

/** Begins to count. */
export function openMetrics(layers: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'till_' });
  const registers = [registry];
  const commands = new Histogram({
    name: 'till_command_seconds',
    help: 'How long commands took until they were answered, waits included.',
    labelNames: ['method', 'result'],
    buckets: COMMAND_SECONDS,
    registers,
  });
  const paid = new Counter({ name: 'till_invoices_paid_total', help: 'Invoices paid since the start.', registers });
  const received = new Counter({
    name: 'till_received_msat_total',
    help: 'What paid invoices brought since the start, in msat.',
    registers,
  });
  const created = new Counter({
    name: 'till_invoices_created_total',
    help: 'Invoices made since the start.',
    registers,
  });
  const endings = [
    layers.shop.invoices.listen('created', () => created.inc()),
    layers.shop.invoices.listen('paid', ({ invoice }) => {
      paid.inc();
      received.inc(Number((invoice as PaidInvoice).amount_received_msat));
    }),
  ];
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name: `till_${name}`,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  };
  addNodeGauges(layers, gauge);
  addChannelGauge(layers, registers);
  return {
    content_type: registry.contentType,
    text: () => registry.metrics(),
    onAnswered: (method, seconds, is_good) => commands.observe({ method, result: is_good ? 'ok' : 'error' }, seconds),
    stop() {
      for (const end of endings) end();
      registry.clear();
    },
  };
}

type AddGauge = (name: string, help: string, read: () => number | Promise<number>) => void;

function addNodeGauges(
  { infra: { chain }, node, shop }: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  gauge: AddGauge,
): void {
  const ways = () => waysIn(node.channels.list()).filter(({ online }) => online);
  gauge('inbound_msat', 'What channels that are up can receive together.', () =>
    ways().reduce((sum, { receivable_msat }) => sum + Number(receivable_msat), 0),
  );
  gauge('inbound_largest_msat', 'What the roomiest channel that is up can receive.', () =>
    ways().reduce((most, { receivable_msat }) => Math.max(most, Number(receivable_msat)), 0),
  );
  gauge('standby', '1 while this node waits to take over, else 0.', () => 0);
  gauge('peers', 'Peers that are connected.', () => node.peers.list().length);
  gauge('block_height', 'The height of the newest block.', () => chain.tip().height);
  gauge('chain_current', '1 while the chain is current, else 0.', () => (chain.isCurrent() ? 1 : 0));
  gauge('reserve_wanted_sat', 'What the wallet should hold to bring channels to the chain.', () =>
    Number(node.reserve.state().wanted_sat),
  );
  gauge('reserve_held_sat', 'What of that it holds.', () => Number(node.reserve.state().held_sat));
  gauge('events_last_id', 'The number of the newest event.', async () => (await shop.events.range()).last_id);
  gauge('webhook_backlog_events', 'How far the slowest webhook that is switched on is behind.', async () => {
    const { last_id } = await shop.events.range();
    const on = shop.webhooks.list().filter(({ webhook }) => webhook.disabled_reason === undefined);
    return on.reduce((most, { progress }) => Math.max(most, last_id - progress.position), 0);
  });
}

function addChannelGauge({ node }: Pick<BuiltLayers, 'node'>, registers: Registry[]): void {
  new Gauge({
    name: 'till_channels',
    help: 'Channels by state.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const { state } of node.channels.list()) this.inc({ state: stateName(state) });
    },
  });
}
