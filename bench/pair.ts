/**
 * A pair on one database: how long a shop cannot sell when its active node is killed, and when the work is handed over. The
 * database, both nodes and the customer share this machine. A node that was killed stays away until the other one has sold: a
 * service that starts it again at once would have it take its own lease back, sooner than anybody can take it over.
 */
import { Scene, type Side } from '../test/pair/scene.ts';
import { Trade } from '../test/pair/trade.ts';
import { type Figure, percentile } from './figures.ts';

export const name = 'a pair: until the other node works, and until a sale that began after it is paid';

const LANES = 3;
/** Fewer with TILL_BENCH_TIMES. */
const TIMES = Number(process.env.TILL_BENCH_TIMES ?? 40);
const LEASE_SECONDS = 3;

/** Times of one kind of change, in seconds. */
interface Times {
  /** Until an invoice was answered. */
  readonly answered: number[];
  /** Until payments came in that began afterwards. */
  readonly sold: number[];
}

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const scene = await Scene.open({ lease_seconds: LEASE_SECONDS });
  const trade = new Trade(scene.front, scene.consumer, scene.customer, scene.ledger, 'bench');
  try {
    trade.start(LANES);
    const killed = await change(scene, trade, 'killed', async (active) => {
      await scene.nodes[active].stop('SIGKILL');
      return () => scene.nodes[active].start();
    });
    const planned = await change(scene, trade, 'planned', async () => {
      const signal = AbortSignal.timeout(20_000);
      await scene.front.ask('switchover', {}, { signal, is_repeatable: false }).catch(() => {
        // The answer may be lost with the node that gives it.
      });
      return async () => {};
    });
    await trade.stop();
    return [
      ...figuresOf(`kill -9, lease ${LEASE_SECONDS} s`, killed, [4, 10]),
      ...figuresOf('handed over', planned, [1.5, 1.5]),
    ];
  } finally {
    await scene.close();
  }
}

function figuresOf(what: string, { answered, sold }: Times, [p50, p99]: readonly [number, number]): Figure[] {
  return [
    { what: `${what}: an invoice is answered, p50`, value: percentile(answered, 0.5), unit: 's' },
    { what: '  p99', value: percentile(answered, 0.99), unit: 's' },
    { what: `${what}: sold again, p50`, value: percentile(sold, 0.5), unit: 's', must_reach: p50 },
    { what: '  p99', value: percentile(sold, 0.99), unit: 's', must_reach: p99 },
  ];
}

/** Does it so often, each time when the pair is whole again. What `act` answers makes it whole. */
async function change(
  scene: Scene,
  trade: Trade,
  what: string,
  act: (active: Side) => Promise<() => Promise<void>>,
): Promise<Times> {
  const times: Times = { answered: [], sold: [] };
  const seconds = (began_ms: number): number => (performance.now() - began_ms) / 1000;
  const signal = new AbortController().signal;
  for (let time = 0; time < TIMES; time++) {
    await scene.until(async () => {
      const { pair } = await scene.front.ask('getinfo', {}, { signal, is_repeatable: true });
      return pair?.standbys?.length === 1;
    });
    await trade.more(LANES);
    const active = await scene.active();
    if (active === undefined) throw new Error('nobody holds the lease of a pair that is whole');
    const began_ms = performance.now();
    const selling = trade.more(LANES + 1).then(() => times.sold.push(seconds(began_ms)));
    const mend = await act(active);
    const wish = { amount_msat: 1000, label: `${what} ${time}`, description: 'who works?', idempotent: true };
    await scene.front.ask('invoice', wish, { signal, is_repeatable: true });
    times.answered.push(seconds(began_ms));
    await selling;
    await mend();
  }
  return times;
}
