/** Three sources of the price of a bitcoin, which move by the hour, differ a little, and fail when the test says. */
import assert from 'node:assert/strict';
import { DEFAULT_SOURCES } from '../../../src/shop/rates/source.ts';
import { JsonServer } from '../../support/json-server.ts';

const NAMES = ['one', 'three', 'two'] as const;
type Name = (typeof NAMES)[number];

/** What a source says beside the others, in hundred-thousandths. */
const APART: Readonly<Record<Name, bigint>> = { one: 0n, two: 210n, three: -130n };

/** What a pinned price says of its rate. */
export interface PinnedRate {
  readonly rate: string;
  readonly rate_at: number;
  readonly rate_sources: readonly string[];
}

export class WeekOfRates {
  readonly #server: JsonServer;
  /** Those that do not answer, and the one that answers what cannot be. */
  down: readonly Name[] = [];
  mad: Name | undefined;

  static async open(now: () => number): Promise<WeekOfRates> {
    const rates: WeekOfRates = new WeekOfRates(
      await JsonServer.open((path) => {
        const name = path.slice(1) as Name;
        if (rates.down.includes(name)) return undefined;
        return JSON.stringify({ price: name === rates.mad ? '7.00' : decimal(centsOf(name, now())) });
      }),
    );
    return rates;
  }

  private constructor(server: JsonServer) {
    this.#server = server;
  }

  /** The options of a shop that asks these and no others. */
  get options(): readonly string[] {
    return [
      ...DEFAULT_SOURCES.map(({ name }) => `--currencyrate-disable-source=${name}`),
      ...NAMES.map((name) => `--currencyrate-add-source=${name},${this.#server.url}/${name},price`),
    ];
  }

  /** Checks that the rate is the middle of what these sources said at that time, and that none of them was mad or down. */
  check({ rate, rate_at, rate_sources }: PinnedRate): void {
    const sane = NAMES.filter((name) => name !== this.mad && !this.down.includes(name));
    // The third may not have answered yet.
    assert.ok(rate_sources.length >= 2);
    assert.deepEqual(
      rate_sources,
      sane.filter((name) => rate_sources.includes(name)),
    );
    const said = rate_sources.map((name) => centsOf(name as Name, rate_at)).sort((a, b) => (a < b ? -1 : 1));
    const [low = 0n, middle = 0n, high] = said;
    // Of two it is the middle between them, which may have half a cent.
    const tenths = high === undefined ? (low + middle) * 5n : middle * 10n;
    assert.equal(
      rate,
      decimal(tenths, 3)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, ''),
    );
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}

/** What a source says at a time, in cents: another price each hour, between some 52,000 and 61,000 euro. */
function centsOf(name: Name, unix_seconds: number): bigint {
  const hour = Math.floor(unix_seconds / 3600);
  const base = BigInt(5_200_000 + ((hour * 7919) % 9001) * 100 + ((hour * 31) % 97));
  return base + (base * APART[name]) / 100_000n;
}

function decimal(amount: bigint, digits = 2): string {
  const text = amount.toString().padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
