/**
 * A crowd of strangers at the HTTP interface: what the payments under way and the clients of the socket notice of it.
 *
 * Payer, shop and strangers share the machine. So the same crowd is also sent to a server that does nothing for it: what
 * payments notice then is what the crowd itself takes of the machine, wherever it knocks.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../test/support/bitcoind.ts';
import { Market } from '../test/support/market.ts';
import { type Figure, percentile } from './figures.ts';

export const name = 'flood: payments, and getinfo over the socket, beside bad requests and idle connections';

const IDLE = 10_000;
/** In turns, so that whatever else the machine does meets all three alike. */
const ROUNDS = 3;
/** One payment after the other; so many that the moment in which a crowd begins is less than a hundredth of them. */
const PAYMENTS_PER_ROUND = 1000;

/** What the payments were made beside. */
class Measured {
  readonly paid_ms: number[] = [];
  readonly asked_ms: number[] = [];
  seconds = 0;
  answered = 0;
}

export async function run(): Promise<readonly Figure[]> {
  const port = await freePort();
  const market = await Market.openWith({ both: [], shop: [`--clnrest-port=${port}`, '--clnrest-protocol=http'] });
  const answerer = fork(join(import.meta.dirname, 'support/answerer.ts'));
  try {
    const [idle_port] = (await once(answerer, 'message')) as [number];
    await market.openChannels(1, 200_000_000);
    await measure(market, 'warm', new Measured());
    const alone = new Measured();
    const elsewhere = new Measured();
    const flooded = new Measured();
    for (let round = 0; round < ROUNDS; round++) {
      await measure(market, `alone-${round}`, alone);
      await beside(idle_port, elsewhere, () => measure(market, `elsewhere-${round}`, elsewhere));
      await beside(port, flooded, () => measure(market, `flooded-${round}`, flooded));
    }
    const figures = (what: string, read: (measured: Measured) => readonly number[]): readonly Figure[] => {
      const p99 = (measured: Measured) => percentile(read(measured), 0.99);
      return [
        { what: `${what}, p50, nobody else`, value: percentile(read(alone), 0.5), unit: 'ms' },
        {
          what: `  beside ${IDLE} idle connections and bad requests`,
          value: percentile(read(flooded), 0.5),
          unit: 'ms',
        },
        { what: '  p99, nobody else', value: p99(alone), unit: 'ms' },
        { what: '  beside the same crowd at a server that does nothing', value: p99(elsewhere), unit: 'ms' },
        { what: '  beside the crowd at the shop', value: p99(flooded), unit: 'ms' },
        { what: '  more than with nobody', value: Math.max(0, p99(flooded) - p99(alone)), unit: 'ms', must_reach: 5 },
      ];
    };
    return [
      ...figures('a payment, from the command to its answer', ({ paid_ms }) => paid_ms),
      ...figures('getinfo of another client of the socket', ({ asked_ms }) => asked_ms),
      { what: 'bad requests that the shop answered meanwhile', value: flooded.answered / flooded.seconds, unit: '/s' },
      { what: '  and the server that does nothing', value: elsewhere.answered / elsewhere.seconds, unit: '/s' },
    ];
  } finally {
    answerer.disconnect();
    await market.close();
  }
}

/** Measures while the crowd is at the port. */
async function beside(port: number, measured: Measured, run: () => Promise<void>): Promise<void> {
  const flooder: ChildProcess = fork(join(import.meta.dirname, 'support/flooder.ts'), [String(port), String(IDLE)]);
  await once(flooder, 'message');
  const start = performance.now();
  await run();
  measured.seconds += (performance.now() - start) / 1000;
  const [ended, told] = [once(flooder, 'exit'), once(flooder, 'message')];
  flooder.send('stop');
  const [answered] = (await told) as [number];
  measured.answered += answered;
  await ended;
}

/** Pays one invoice after the other, and asks the shop something after each. */
async function measure({ shop, customer }: Market, round: string, { paid_ms, asked_ms }: Measured): Promise<void> {
  for (let index = 0; index < PAYMENTS_PER_ROUND; index++) {
    const label = `${round}-${index}`;
    const { bolt11 } = await shop.ask('invoice', { amount_msat: 1000, label, description: label });
    const start = performance.now();
    await customer.ask('pay', { bolt11: bolt11 as string });
    const paid = performance.now();
    await shop.ask('getinfo');
    paid_ms.push(paid - start);
    asked_ms.push(performance.now() - paid);
  }
}
