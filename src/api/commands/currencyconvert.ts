import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { currencyField, decimalField } from '../rpc/money-fields.ts';
import { defineCommand } from './modules.ts';

/** From money to bitcoin. */
export const currencyconvert = defineCommand({
  name: 'currencyconvert',
  category: 'invoices',
  title: 'Command for converting an amount of a currency into millisatoshi',
  description:
    "Answers what an amount of a currency is in bitcoin at the rate of `currencyrate`, to the nearest millisatoshi. The margin and the rounding of the shop's prices are not in it: `invoice` with `currency` and `amount` uses them.",
  params: {
    amount: required(decimalField, 'The amount, in units of the currency: 4.5 is 4.50 EUR.'),
    currency: required(currencyField, 'The ISO 4217 code of the currency, in either case.'),
  },
  returns: { msat: answer.msat('The amount in millisatoshi.') },
  errors: ['RATE_UNAVAILABLE'],
  examples: [{ title: 'A hundred euro', params: { amount: 100, currency: 'EUR' } }],
  see_also: ['currencyrate', 'listcurrencyrates'],
  access: 'read',
  async run({ amount, currency }, { rates }) {
    return { msat: await rates.convert(amount, currency) };
  },
});
