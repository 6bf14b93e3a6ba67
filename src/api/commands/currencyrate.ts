import { roundDecimal } from '../../base/types/exact-decimal.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { currencyField } from '../rpc/money-fields.ts';
import { defineCommand } from './modules.ts';
import { decimalNumber } from './price-row.ts';

const DIGITS = 3;

/** What bitcoin costs. */
export const currencyrate = defineCommand({
  name: 'currencyrate',
  category: 'invoices',
  title: 'Command for the exchange rate of a currency',
  description:
    "Answers what one bitcoin costs in a currency: the median of the sources that agree within 2 %, at least two and more than half of those that answer. The shop's margin is not in it. Sources are options: `currencyrate-add-source` and `currencyrate-disable-source`.",
  params: {
    currency: required(currencyField, 'The ISO 4217 code of the currency, in either case.'),
    source: optional(field.string, 'Only what this source says; `listcurrencyrates` lists their names.'),
  },
  returns: {
    rate: answer.decimal('Units of the currency for one bitcoin, with at most three decimals.'),
    rate_at: answer.integer('When the sources said so, in Unix time: the oldest of them.'),
    rate_sources: answer.array(answer.string('A source.'), 'The sources that it is of.'),
  },
  errors: ['RATE_UNAVAILABLE'],
  examples: [{ title: 'In euro', params: { currency: 'EUR' } }],
  see_also: ['listcurrencyrates', 'currencyconvert', 'invoice'],
  access: 'read',
  async run({ currency, source }, { rates }) {
    if (source !== undefined) {
      const { rate, fetched_at } = await rates.ofSource(currency, source);
      return { rate: decimalNumber(roundDecimal(rate, DIGITS)), rate_at: fetched_at, rate_sources: [source] };
    }
    const { rate, rate_at, rate_sources } = await rates.agreed(currency);
    return { rate: decimalNumber(roundDecimal(rate, DIGITS)), rate_at, rate_sources };
  },
});
