import { RpcError } from '../../base/errors.ts';
import { msat } from '../../base/types/amount.ts';
import { type CurrencyCode, formatAmount } from '../../base/types/currency.ts';
import type { Taken } from '../../shop/takings/takings.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { dayField } from './day-field.ts';
import { defineCommand } from './modules.ts';

const MOST_PERIODS = 400;

const moneyMembers = {
  currencies: answer.array(
    answer.object(
      {
        currency: answer.string('The currency of the prices.'),
        payments: answer.integer('How many invoices with such a price were paid.'),
        amount: answer.u64("What was paid for them, in the currency's smallest unit."),
        amount_text: answer.string('The same as a decimal number of the currency.'),
        amount_msat: answer.msat('What was received for them.'),
      },
      'A currency.',
    ),
    'What was asked in currencies.',
  ),
  unpriced: answer.object(
    {
      payments: answer.integer('How many invoices without a price were paid.'),
      amount_msat: answer.msat('What was received for them.'),
    },
    'What was asked in bitcoin.',
  ),
};

const NOTHING: Taken = { payments: 0, amount_msat: msat(0), currencies: [] };

/** The sum of some periods. */
function takenRow(taken: readonly Taken[]) {
  const payments = taken.reduce((all, each) => all + each.payments, 0);
  const amount_msat = taken.reduce((all, each) => all + each.amount_msat, 0n);
  const currencies = new Map<CurrencyCode, { payments: number; amount: bigint; amount_msat: bigint }>();
  for (const { currency, ...money } of taken.flatMap((each) => each.currencies)) {
    const before = currencies.get(currency) ?? { payments: 0, amount: 0n, amount_msat: 0n };
    currencies.set(currency, {
      payments: before.payments + money.payments,
      amount: before.amount + money.amount,
      amount_msat: before.amount_msat + money.amount_msat,
    });
  }
  const all = [...currencies.values()];
  return {
    payments,
    amount_msat,
    currencies: [...currencies].map(([currency, money]) => ({
      currency: currency as string,
      payments: money.payments,
      amount: money.amount,
      amount_text: formatAmount(money.amount, currency),
      amount_msat: money.amount_msat,
    })),
    unpriced: {
      payments: payments - all.reduce((sum, each) => sum + each.payments, 0),
      amount_msat: amount_msat - all.reduce((sum, each) => sum + each.amount_msat, 0n),
    },
  };
}

/** What was taken. */
export const listtakings = defineCommand({
  name: 'listtakings',
  category: 'invoices',
  title: 'Command for listing what was taken by day or by month',
  description:
    'Lists what paid invoices brought, over Lightning and on the chain, by days or months of the time zone in `shop-timezone`. Invoices that were deleted after they were paid count as well. What was asked in a currency is told in it too, by the rate that was pinned with each invoice; what was asked in bitcoin is told apart. Refunds are not taken off. The last period is the one that is not over yet.',
  params: {
    by: withDefault(field.oneOf('day', 'month'), 'day', 'The length of a period.'),
    periods: withDefault(field.u16, 31, `How many periods, up to ${MOST_PERIODS}.`),
    until: byName(optional(dayField, 'The last day, or a day of the last month. Default: today.')),
  },
  returns: {
    timezone: answer.string('The time zone of the dates.'),
    payments: answer.integer('Payments in all of the periods.'),
    amount_msat: answer.msat('What they came to.'),
    ...moneyMembers,
    takings: answer.array(
      answer.object(
        {
          date: answer.string('The day, such as 2026-11-29; of a month 2026-11.'),
          start: answer.integer('When it begins, in Unix time.'),
          end: answer.integer('When it ends: the first second after it.'),
          payments: answer.integer('How many invoices were paid.'),
          amount_msat: answer.msat('What was received for them.'),
          ...moneyMembers,
        },
        'A period.',
      ),
      'The periods, the oldest first.',
    ),
  },
  errors: [],
  examples: [{ title: 'The last twelve months', params: { by: 'month', periods: 12 } }],
  see_also: ['listinvoices', 'findinvoices', 'bkpr-listincome'],
  access: 'read',
  async run({ by, periods, until }, { takings, calendar, clock }) {
    if (periods < 1 || periods > MOST_PERIODS) {
      throw new RpcError('INVALID_PARAMS', `periods: should be 1 to ${MOST_PERIODS}`);
    }
    const last = until ?? calendar.dayAt(clock.nowSeconds());
    const asked = by === 'day' ? calendar.days(last, periods) : calendar.months(last, periods);
    const taken = await takings.read(asked);
    const rows = asked.map((period, index) => ({ ...period, ...takenRow([taken[index] ?? NOTHING]) }));
    return { timezone: calendar.time_zone, ...takenRow(taken), takings: rows };
  },
});
