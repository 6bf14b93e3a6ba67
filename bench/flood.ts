/** A crowd of strangers at the HTTP interface: what the payments under way and the clients of the socket notice of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../test/support/bitcoind.ts';
import { Market } from '../test/support/market.ts';
import { type Figure, percentile } from './figures.ts';

export const name = 'flood: payments, and getinfo over the socket, beside bad requests and idle connections';

const IDLE = 10_000;
/** One payment after the other. */
const PAYMENTS = 300;

interface Times {
  readonly paid_ms: number[];
  readonly asked_ms: number[];
}

export async function run(): Promise<readonly Figure[]> {
  const port = await freePort();
  const market = await Market.openWith({ both: [], shop: [`--clnrest-port=${port}`, '--clnrest-protocol=http'] });
  try {
    await market.openChannels(1, 100_000_000);
    await measure(market, 'warm', PAYMENTS / 3);
    const alone = await measure(market, 'alone', PAYMENTS);
    const flooder = fork(join(import.meta.dirname, 'support/flooder.ts'), [String(port), String(IDLE)]);
    await once(flooder, 'message');
    const start = performance.now();
    const beside = await measure(market, 'beside', PAYMENTS);
    const seconds = (performance.now() - start) / 1000;
    const [ended, told] = [once(flooder, 'exit'), once(flooder, 'message')];
    flooder.send('stop');
    const [answered] = (await told) as [number];
    await ended;
    const figures = (what: string, read: (times: Times) => readonly number[]): readonly Figure[] => {
      const [quiet, flooded] = [percentile(read(alone), 0.99), percentile(read(beside), 0.99)];
      return [
        { what: `${what}, p99, nobody else`, value: quiet, unit: 'ms' },
        {
          what: `  the same beside ${IDLE} idle connections and bad requests without a pause`,
          value: flooded,
          unit: 'ms',
        },
        { what: '  more', value: Math.max(0, flooded - quiet), unit: 'ms', must_reach: 5 },
      ];
    };
    return [
      ...figures('a payment, from the command to its answer', ({ paid_ms }) => paid_ms),
      ...figures('getinfo of another client of the socket', ({ asked_ms }) => asked_ms),
      { what: 'bad requests answered meanwhile', value: answered / seconds, unit: '/s' },
    ];
  } finally {
    await market.close();
  }
}

/** Pays one invoice after the other, and asks the shop something after each. */
async function measure({ shop, customer }: Market, round: string, payments: number): Promise<Times> {
  const times: Times = { paid_ms: [], asked_ms: [] };
  for (let index = 0; index < payments; index++) {
    const label = `${round}-${index}`;
    const { bolt11 } = await shop.ask('invoice', { amount_msat: 1000, label, description: label });
    const start = performance.now();
    await customer.ask('pay', { bolt11: bolt11 as string });
    const paid = performance.now();
    await shop.ask('getinfo');
    times.paid_ms.push(paid - start);
    times.asked_ms.push(performance.now() - paid);
  }
  return times;
}
