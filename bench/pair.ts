/**
 * A pair on one database: how long a shop cannot sell when its active node is killed, and when the work is handed over. The
 * databases, both nodes and the customers share this machine. A node that was killed stays away until the other one has sold: a
 * service that starts it again at once would have it take its own lease back, sooner than anybody can take it over.
 *
 * Most of a takeover is waiting, so that several pairs do it side by side, with few sales beside: about a minute for 40 of each
 * kind. The p99 of so few is the slowest of them.
 */
import { Scene, type Side } from '../test/pair/scene.ts';
import { Trade } from '../test/pair/trade.ts';
import { type Figure, percentile } from './figures.ts';

export const name = 'a pair: until the other node works, and until a sale that began after it is paid';

const PAIRS = 4;
/** Of each kind, in each pair. Others with TILL_BENCH_TIMES. */
const TIMES = Number(process.env.TILL_BENCH_TIMES ?? 10);
const LANES = 3;
const LEASE_SECONDS = 3;
const TELL_EACH = 10;

/** Times of one kind of change, in seconds. */
interface Times {
  /** Until an invoice was answered. */
  readonly answered: number[];
  /** Until payments came in that began afterwards. */
  readonly sold: number[];
}

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const began_ms = performance.now();
  const scenes: Scene[] = [];
  const trades: Trade[] = [];
  try {
    for (let pair = 0; pair < PAIRS; pair++) {
      const scene = await Scene.open({ lease_seconds: LEASE_SECONDS });
      scenes.push(scene);
      const { front, consumer, customer, ledger } = scene;
      trades.push(new Trade(front, consumer, customer, ledger, 'bench', { sales_without_pause: 0 }));
    }
    for (const trade of trades) trade.start(LANES);
    const all = async (what: string, act: Act): Promise<Times> => {
      const times: Times = { answered: [], sold: [] };
      const tell = (): void => {
        const { length } = times.sold;
        if (length % TELL_EACH !== 0) return;
        const seconds = Math.round((performance.now() - began_ms) / 1000);
        process.stderr.write(`  ... ${what} ${length} of ${PAIRS * TIMES}, after ${seconds} s\n`);
      };
      await Promise.all(scenes.map((scene, pair) => change(scene, trades[pair] as Trade, { what, act, times, tell })));
      return times;
    };
    const killed = await all('killed', async (scene, active) => {
      await scene.nodes[active].stop('SIGKILL');
      return () => scene.nodes[active].start();
    });
    const planned = await all('handed over', async (scene) => {
      const signal = AbortSignal.timeout(20_000);
      await scene.front.ask('switchover', {}, { signal, is_repeatable: false }).catch(() => {
        // The answer may be lost with the node that gives it.
      });
      return async () => {};
    });
    for (const trade of trades) await trade.stop();
    return [
      ...figuresOf(`kill -9, lease ${LEASE_SECONDS} s`, killed, [4, 10]),
      ...figuresOf('handed over', planned, [1.5, 1.5]),
    ];
  } finally {
    for (const scene of scenes) await scene.close();
  }
}

/** Changes which node works. What it answers makes the pair whole. */
type Act = (scene: Scene, active: Side) => Promise<() => Promise<void>>;

function figuresOf(what: string, { answered, sold }: Times, [p50, p99]: readonly [number, number]): Figure[] {
  return [
    { what: `${what}: an invoice is answered, p50`, value: percentile(answered, 0.5), unit: 's' },
    { what: '  p99', value: percentile(answered, 0.99), unit: 's' },
    { what: `${what}: sold again, p50`, value: percentile(sold, 0.5), unit: 's', must_reach: p50 },
    { what: '  p99', value: percentile(sold, 0.99), unit: 's', must_reach: p99 },
  ];
}

interface Change {
  readonly what: string;
  readonly act: Act;
  readonly times: Times;
  /** Called when another one is in `times`. */
  readonly tell: () => void;
}

/** Does it so often, each time when the pair is whole again. */
async function change(scene: Scene, trade: Trade, { what, act, times, tell }: Change): Promise<void> {
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
    const mend = await act(scene, active);
    const wish = { amount_msat: 1000, label: `${what} ${time}`, description: 'who works?', idempotent: true };
    await scene.front.ask('invoice', wish, { signal, is_repeatable: true });
    times.answered.push(seconds(began_ms));
    await selling;
    tell();
    await mend();
  }
}
