import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { currencyField } from '../rpc/money-fields.ts';
import { defineCommand } from './modules.ts';
import { decimalNumber } from './price-row.ts';

const row = answer.object(
  {
    source: answer.string('The name of the source.'),
    amount: answer.decimal('Units of the currency for one bitcoin.'),
    updated_at: answer.integer('When it said so, in Unix time.'),
  },
  'What a source says.',
);

/** What each source says. */
export const listcurrencyrates = defineCommand({
  name: 'listcurrencyrates',
  aliases: ['currencyrates'],
  category: 'invoices',
  title: 'Command for the exchange rate of each source',
  description:
    'Lists what one bitcoin costs in a currency at each source that has answered within `currencyrate-max-age`. A source that is missing has no rate for this currency, or does not answer now.',
  params: { currency: required(currencyField, 'The ISO 4217 code of the currency, in either case.') },
  returns: { currencyrates: answer.array(row, 'By the names of the sources.') },
  errors: [],
  examples: [{ title: 'In euro', params: { currency: 'EUR' } }],
  see_also: ['currencyrate', 'currencyconvert'],
  access: 'read',
  async run({ currency }, { rates }) {
    const found = await rates.list(currency);
    return {
      currencyrates: found.map(({ source, rate, fetched_at }) => ({
        source,
        amount: decimalNumber(rate),
        updated_at: fetched_at,
      })),
    };
  },
});
