import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { dayField } from './day-field.ts';
import { defineCommand } from './modules.ts';

const MOST_PERIODS = 400;

/** What was taken. */
export const listtakings = defineCommand({
  name: 'listtakings',
  category: 'invoices',
  title: 'Command for listing what was taken by day or by month',
  description:
    'Lists what paid invoices brought, over Lightning and on the chain, by days or months of the time zone in `shop-timezone`. Invoices that were deleted after they were paid count as well. The last period is the one that is not over yet.',
  params: {
    by: withDefault(field.oneOf('day', 'month'), 'day', 'The length of a period.'),
    periods: withDefault(field.u16, 31, `How many periods, up to ${MOST_PERIODS}.`),
    until: byName(optional(dayField, 'The last day, or a day of the last month. Default: today.')),
  },
  returns: {
    timezone: answer.string('The time zone of the dates.'),
    payments: answer.integer('Payments in all of the periods.'),
    amount_msat: answer.msat('What they came to.'),
    takings: answer.array(
      answer.object(
        {
          date: answer.string('The day, such as 2026-11-29; of a month 2026-11.'),
          start: answer.integer('When it begins, in Unix time.'),
          end: answer.integer('When it ends: the first second after it.'),
          payments: answer.integer('How many invoices were paid.'),
          amount_msat: answer.msat('What was received for them.'),
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
    const rows = asked.map((period, index) => ({
      ...period,
      payments: taken[index]?.payments ?? 0,
      amount_msat: (taken[index]?.amount_msat ?? 0n) as bigint,
    }));
    return {
      timezone: calendar.time_zone,
      payments: rows.reduce((sum, { payments }) => sum + payments, 0),
      amount_msat: rows.reduce((sum, { amount_msat }) => sum + amount_msat, 0n),
      takings: rows,
    };
  },
});
