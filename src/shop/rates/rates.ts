/**
 * What bitcoin costs in a currency: the entry of the module. A rate counts when at least two fresh sources agree; without
 * one there is a refusal with the next step, and never a guess.
 */
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { type Decimal, formatDecimal } from '../../base/types/exact-decimal.ts';
import type { Price, PriceRequest } from '../../base/types/price.ts';
import type { JsonSource } from '../../infra/http/json-asker.ts';
import { type AgreedRate, agreementOf, LEAST_SOURCES, MOST_SPREAD_PERCENT, type SourceRate } from './agreement.ts';
import { BARE_RULES, inUnits, type PriceRules, toMsat } from './conversion.ts';
import { CurrencyRates } from './currency-rates.ts';
import type { RateSource } from './source.ts';

export interface RatesOptions {
  readonly sources: readonly RateSource[];
  readonly asker: JsonSource;
  readonly clock: Clock;
  /** Rates that are older are not used. */
  readonly max_age_seconds: number;
  readonly rules: PriceRules;
  readonly log: { info(text: string): void; warn(text: string): void };
}

/** A price as an amount of bitcoin. */
export interface Priced {
  readonly amount_msat: Msat;
  readonly price: Price;
}

/** Currencies that are kept fresh at once: who may ask for rates must not have the sources shut us out. */
const MOST_CURRENCIES = 16;

/** Who asks for a rate that is not there waits so long for the sources, and no longer. */
const PATIENCE_MS = 5_000;

export class Rates {
  readonly #options: RatesOptions;
  readonly #currencies = new Map<CurrencyCode, CurrencyRates>();
  /** Currencies without a rate, of which the log has told. */
  readonly #missing = new Set<CurrencyCode>();
  readonly #stopping = new AbortController();

  constructor(options: RatesOptions) {
    this.#options = options;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopping.abort();
    for (const rates of this.#currencies.values()) rates.stop();
    this.#options.asker.close();
  }

  /** What sources agree that one bitcoin costs. Rejects with RpcError RATE_UNAVAILABLE. */
  async agreed(currency: CurrencyCode): Promise<AgreedRate> {
    const rates = this.#of(currency);
    const known = agreementOf(rates.fresh);
    if (known !== undefined) return known;
    await this.#refresh(rates);
    const agreed = agreementOf(rates.fresh);
    if (agreed === undefined) throw this.#refusal(currency, rates);
    return agreed;
  }

  /** What each source says, by their names; empty when none answers. */
  async list(currency: CurrencyCode): Promise<readonly SourceRate[]> {
    const rates = this.#of(currency);
    if (rates.fresh.length < LEAST_SOURCES) await this.#refresh(rates);
    return rates.fresh;
  }

  /** What one source says. Rejects with RpcError: INVALID_PARAMS for none of that name, RATE_UNAVAILABLE. */
  async ofSource(currency: CurrencyCode, source: string): Promise<SourceRate> {
    const { sources } = this.#options;
    if (!sources.some(({ name }) => name === source)) {
      const names = sources.map(({ name }) => name).join(', ');
      throw new RpcError('INVALID_PARAMS', `source: there is no source '${source.slice(0, 40)}'; there are ${names}`);
    }
    const rates = this.#of(currency);
    const find = (): SourceRate | undefined => rates.fresh.find((each) => each.source === source);
    if (find() === undefined) await this.#refresh(rates);
    const found = find();
    if (found !== undefined) return found;
    const problem = rates.problems.find((each) => each.source === source)?.problem;
    throw new RpcError('RATE_UNAVAILABLE', `${source} has no rate for ${currency}: ${problem}`, { currency, source });
  }

  /** What a price is in bitcoin now, by the shop's rules, with the rate to pin. Rejects with RpcError. */
  async price({ currency, amount }: PriceRequest): Promise<Priced> {
    const { rules } = this.#options;
    const { rate, ...agreed } = await this.agreed(currency);
    const amount_msat = toMsat(inUnits(amount, currency), rate, rules);
    if (amount_msat === undefined) throw new RpcError('INVALID_PARAMS', `amount: ${outOfRange(amount, currency)}`);
    const price = { currency, amount, rate: formatDecimal(rate), ...agreed, margin_ppm: rules.margin_ppm };
    return { amount_msat, price };
  }

  /** What an amount of money is in bitcoin now, to the nearest millisatoshi, without the shop's rules. Rejects with RpcError. */
  async convert(amount: Decimal, currency: CurrencyCode): Promise<Msat> {
    const { rate } = await this.agreed(currency);
    const amount_msat = toMsat(amount, rate, BARE_RULES);
    if (amount_msat !== undefined) return amount_msat;
    throw new RpcError('INVALID_PARAMS', `amount: ${outOfRange(formatDecimal(amount), currency)}`);
  }

  #of(currency: CurrencyCode): CurrencyRates {
    let rates = this.#currencies.get(currency);
    if (rates === undefined) {
      this.#makeRoom(currency);
      const options = this.#options;
      const { sources, asker, clock } = options;
      const own: CurrencyRates = new CurrencyRates({
        currency,
        sources,
        asker,
        clock,
        get max_age_seconds() {
          return options.max_age_seconds;
        },
        signal: this.#stopping.signal,
        onRefreshed: () => this.#tell(currency, own),
      });
      rates = own;
      this.#currencies.set(currency, rates);
    }
    rates.use();
    return rates;
  }

  /** Forgets a currency that nobody has used for an hour, where there are many. Throws RpcError when all are in use. */
  #makeRoom(currency: CurrencyCode): void {
    if (this.#currencies.size < MOST_CURRENCIES) return;
    const idle = [...this.#currencies].find(([, rates]) => rates.isIdle);
    if (idle === undefined) {
      throw new RpcError(
        'RATE_UNAVAILABLE',
        `No rate for ${currency}: ${MOST_CURRENCIES} other currencies were used within the last hour, and no more are kept fresh`,
        { currency, fresh_sources: 0 },
      );
    }
    const [unused, rates] = idle;
    rates.stop();
    this.#currencies.delete(unused);
  }

  /** Waits for the sources, but not for the slowest of all. */
  async #refresh(rates: CurrencyRates): Promise<void> {
    let cancel = (): void => {};
    const enough = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(PATIENCE_MS, resolve);
    });
    await Promise.race([rates.refresh(), enough]);
    cancel();
  }

  /** One line when a rate goes, and one when it is back. */
  #tell(currency: CurrencyCode, rates: CurrencyRates): void {
    if (this.#stopping.signal.aborted) return;
    const isMissing = agreementOf(rates.fresh) === undefined;
    if (isMissing === this.#missing.has(currency)) return;
    if (isMissing) {
      this.#missing.add(currency);
      this.#options.log.warn(this.#refusal(currency, rates).message);
    } else {
      this.#missing.delete(currency);
      this.#options.log.info(`there is a rate for ${currency} again`);
    }
  }

  #refusal(currency: CurrencyCode, rates: CurrencyRates): RpcError {
    const { fresh, problems } = rates;
    const told = [
      ...fresh.map(({ source, rate }) => `${source} says ${formatDecimal(rate)}`),
      ...problems.map(({ source, problem }) => `${source}: ${problem}`),
    ];
    return new RpcError(
      'RATE_UNAVAILABLE',
      `No rate for ${currency}: ${LEAST_SOURCES} sources must agree within ${MOST_SPREAD_PERCENT} %, and be most of those ` +
        `that answer (${told.length === 0 ? 'no source is switched on' : told.join('; ')}). Try again in a minute, give ` +
        'the amount in msat, or name further sources with currencyrate-add-source',
      { currency, fresh_sources: fresh.length },
    );
  }
}

function outOfRange(amount: bigint | string, currency: CurrencyCode): string {
  return `${amount} of ${currency} is too little or too much to be an amount of bitcoin`;
}
