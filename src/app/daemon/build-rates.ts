/** Builds what knows exchange rates, of the options that say where from. */
import type { Rounding } from '../../base/types/exact-decimal.ts';
import { version } from '../../base/version.ts';
import { AskingProcess } from '../../infra/http/asking-process.ts';
import { Rates } from '../../shop/rates/rates.ts';
import { localHosts, SourceError, sourcesOf } from '../../shop/rates/source.ts';
import { ConfigError } from '../config/option.ts';
import type { Infra } from './build-infra.ts';
import { proxyOf } from './proxy.ts';

/** Nothing is asked before somebody needs a rate. Throws ConfigError. */
export function buildRates({ config, log, clock }: Pick<Infra, 'config' | 'log' | 'clock'>): Rates {
  const { values } = config;
  const sources = sourcesIn(values);
  const proxy = proxyOf(config);
  return new Rates({
    sources,
    asker: new AskingProcess({
      allowed: localHosts(sources),
      option: 'currencyrate-add-source',
      proxy: proxy && { ...proxy, always: true },
      user_agent: `Till/${version()}`,
      name: 'the process that asks for exchange rates',
      onProblem: (problem) => log.warn(problem),
    }),
    clock,
    // These may change while the node runs: each is read when it is needed.
    get max_age_seconds() {
      return values['currencyrate-max-age'];
    },
    get rules() {
      return {
        margin_ppm: values['price-margin-ppm'],
        rounding: values['price-rounding'] as Rounding,
        round_to_msat: BigInt(values['price-round-to-msat']),
      };
    },
    log,
  });
}

function sourcesIn(values: Infra['config']['values']) {
  try {
    return sourcesOf(values['currencyrate-add-source'], values['currencyrate-disable-source']);
  } catch (error) {
    if (error instanceof SourceError) throw new ConfigError(`currencyrate: ${error.message}`);
    throw error;
  }
}
