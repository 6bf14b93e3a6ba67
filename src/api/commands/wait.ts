import { untilAborted } from '../../base/types/until-aborted.ts';
import type { Sendpay } from '../../node/payments/sendpay.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { fieldOf, textOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const SUBSYSTEMS = ['invoices', 'sendpays'] as const;
const COUNTERS = ['created', 'updated', 'deleted'] as const;

function wordField<const Words extends readonly string[]>(words: Words, should_be: string) {
  return fieldOf<Words[number]>(words.join('|'), { type: 'string', enum: words }, should_be, (value) => {
    const text = textOf(value);
    return words.find((word) => word === text);
  });
}

function sendpayNews({ status, payment_hash, groupid, partid }: Sendpay) {
  return { status, payment_hash: payment_hash as string, groupid, partid };
}

async function neverRises(nextvalue: bigint, signal: AbortSignal): Promise<number> {
  if (nextvalue === 0n) return 0;
  return await untilAborted(new Promise<never>(() => {}), signal);
}

const counter = (what: string) => answer.optional(answer.integer(`How many were ${what}, if that was asked for.`));

/** Waits for a counter. */
export const wait = defineCommand({
  name: 'wait',
  category: 'invoices',
  title: 'Command for waiting for the next event in a subsystem',
  description:
    'Every creation, change and deletion has its own number, without gaps. The command answers when the number has reached `nextvalue`, or at once if it already has. It says what happened only if it happened during the wait: `listinvoices` by index tells the rest.',
  params: {
    subsystem: required(
      wordField(SUBSYSTEMS, 'unknown subsystem'),
      'What to watch: `invoices`, or `sendpays` for the parts of our own payments.',
    ),
    indexname: required(
      wordField(COUNTERS, 'unknown index'),
      'The number to watch: `created`, `updated` or `deleted`.',
    ),
    nextvalue: required(field.u64, 'The value to wait for; 0 answers the current value.'),
  },
  returns: {
    subsystem: answer.oneOf(SUBSYSTEMS, 'What was watched.'),
    created: counter('created'),
    updated: counter('changed'),
    deleted: counter('deleted'),
    invoices: answer.optional(
      answer.object(
        {
          status: answer.oneOf(['unpaid', 'paid', 'expired'], 'Its status at that time.'),
          label: answer.string('Its label.'),
          description: answer.optional(answer.string('Its description, unless it was removed.')),
          bolt11: answer.string('Its BOLT 11 text.'),
        },
        'The invoice that changed.',
      ),
    ),
    sendpays: answer.optional(
      answer.object(
        {
          status: answer.oneOf(['pending', 'complete', 'failed'], 'Its status at that time.'),
          payment_hash: answer.hash('Its payment hash.'),
          groupid: answer.u64('Its try.'),
          partid: answer.u64('Its number in that attempt.'),
        },
        'The part that changed.',
      ),
    ),
  },
  errors: ['LIGHTNINGD_SHUTDOWN'],
  see_also: ['listinvoices', 'waitanyinvoice'],
  access: 'read',
  async run({ subsystem, indexname, nextvalue }, { invoices, payments }, { signal }) {
    if (subsystem === 'sendpays') {
      // Parts are never deleted: that number stays at 0, and who waits for it waits for ever.
      if (indexname === 'deleted') return { subsystem, deleted: await neverRises(nextvalue, signal) };
      const { value, part } = await payments.waitForIndex(indexname, nextvalue, signal);
      const sendpays = part === undefined ? undefined : sendpayNews(part);
      return { subsystem, [indexname]: value, sendpays };
    }
    const { value, change } = await invoices.waitForIndex(indexname, nextvalue, signal);
    const { status, label, description, bolt11 } = change?.invoice ?? {};
    const seen =
      status === undefined || label === undefined || bolt11 === undefined
        ? undefined
        : { status, label, description, bolt11 };
    return { subsystem, [indexname]: value, invoices: seen };
  },
});
