/**
 * Whether a rune permits a request. All restrictions must hold, and one alternative of each suffices. A field that is
 * missing holds for nothing but `!` and `#`. Words: Core Lightning's, whose clients look for them.
 */
import { decodeInvoice } from '../../codec/bolt11/native.ts';
import { intervalOf } from './interval.ts';
import { type Alternative, type Condition, fromByteText, type Rune, toByteText } from './rune.ts';
import type { FieldValue, RuneRequest } from './rune-request.ts';

/** A field's value, or why there can be none. */
type Looked = { readonly value: FieldValue | undefined } | { readonly problem: string };

/** Undefined when the rune permits the request, otherwise why it does not: a sentence for whoever asks. */
export function judgeRune(rune: Rune, request: RuneRequest): string | undefined {
  for (const restriction of rune.restrictions) {
    const reasons: string[] = [];
    let holds = false;
    for (const alternative of restriction) {
      const reason = judgeAlternative(alternative, request);
      holds = reason === undefined;
      if (holds) break;
      reasons.push(reason as string);
    }
    if (!holds) return inWords(fromByteText(reasons.join(' AND ')));
  }
  return undefined;
}

/** Whether a rune asks for time between its uses, so that each use must be written down. */
export function isTimed(rune: Rune): boolean {
  return rune.restrictions.some((restriction) => restriction.some(({ field }) => field === 'per' || field === 'rate'));
}

function inWords(message: string): string {
  return message
    .replace(/^pname/, 'parameter ')
    .replace(/^parr/, 'parameter #')
    .replace(/^pnum/, 'number of parameters')
    .replace(/^pinv/, 'invoice parameter ');
}

function judgeAlternative(alternative: Alternative, request: RuneRequest): string | undefined {
  if (alternative.field === 'per' || alternative.field === 'rate') {
    const interval_ns = intervalOf(alternative);
    if (typeof interval_ns === 'string') return interval_ns;
    const { since_last_use_ns } = request;
    return since_last_use_ns !== undefined && since_last_use_ns < interval_ns ? 'too soon' : undefined;
  }
  const looked = look(alternative.field, request);
  return 'problem' in looked ? looked.problem : compare(alternative, looked.value);
}

function look(field: string, request: RuneRequest): Looked {
  if (field === 'time') return { value: BigInt(request.now_seconds) };
  if (field === 'id') return { value: request.node_id };
  if (field === 'method') return { value: request.method === undefined ? undefined : toByteText(request.method) };
  if (field === 'pnum') return { value: BigInt(request.param_count) };
  if (field.startsWith('pname')) return { value: request.param(fromByteText(field.slice(5))) };
  if (field.startsWith('parr')) {
    const index = field.slice(4);
    return { value: /^\d{1,6}$/.test(index) ? request.element(Number(index)) : undefined };
  }
  if (field.startsWith('pinv')) return lookIntoInvoice(fromByteText(field.slice(4)), request);
  return { value: undefined };
}

function lookIntoInvoice(name: string, request: RuneRequest): Looked {
  const [, parameter, member] = /^(.*)_(amount|description|node)$/.exec(name) ?? [];
  if (parameter === undefined) return { problem: `Unknown invoice field ${toByteText(name)}` };
  const text = request.invoice(parameter);
  if (text === undefined) return { problem: `Unknown invoice parameter ${toByteText(parameter)}` };
  try {
    const invoice = decodeInvoice(text.trim());
    if (member === 'amount') return { value: invoice.amount_msat };
    if (member === 'node') return { value: invoice.payee };
    return { value: invoice.description === undefined ? undefined : toByteText(invoice.description) };
  } catch (error) {
    return { problem: `Invalid invoice: ${toByteText(error instanceof Error ? error.message : String(error))}` };
  }
}

const BELOW = { '<': 'greater or equal to', '>': 'less or equal to' } as const;

/** The conditions on text: when they hold, and what is so otherwise. */
const OF_TEXT: Readonly<
  Record<Exclude<Condition, '#' | '!' | '<' | '>'>, readonly [(text: string, value: string) => boolean, string]>
> = {
  '=': [(text, value) => text === value, 'is not equal to'],
  '/': [(text, value) => text !== value, 'is equal to'],
  '^': [(text, value) => text.startsWith(value), 'does not start with'],
  $: [(text, value) => text.endsWith(value), 'does not end with'],
  '~': [(text, value) => text.includes(value), 'does not contain'],
  '{': [(text, value) => text < value, 'is equal to or ordered after'],
  '}': [(text, value) => text > value, 'is equal to or ordered before'],
};

/** Whether the value, undefined for a field that is missing, meets the condition: undefined, or why not. */
export function compare({ field, condition, value }: Alternative, given: FieldValue | undefined): string | undefined {
  if (condition === '#') return undefined;
  if (condition === '!') return given === undefined ? undefined : `${field} is present`;
  if (given === undefined) return `${field} not present`;
  if (condition === '<' || condition === '>') {
    if (typeof given !== 'bigint') return `${field} is not an integer field`;
    const bound = readInteger(value);
    if (bound === undefined) return `${value} is not a valid integer`;
    const holds = condition === '<' ? given < bound : given > bound;
    return holds ? undefined : `${field} is ${BELOW[condition]} ${value}`;
  }
  const [holds, otherwise] = OF_TEXT[condition];
  return holds(given.toString(), value) ? undefined : `${field} ${otherwise} ${value}`;
}

/** As strtol reads a decimal number of 64 bits: white space and a sign may lead, nothing may follow. */
function readInteger(text: string): bigint | undefined {
  const [, sign, digits] = /^[ \t\n\v\f\r]*([+-]?)(\d{1,40})$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const number = sign === '-' ? -BigInt(digits) : BigInt(digits);
  return BigInt.asIntN(64, number) === number ? number : undefined;
}
