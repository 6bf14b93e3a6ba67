/** Restrictions as sentences for people. The words of `showrunes` and `decode` are Core Lightning's. */
import { type Alternative, fromByteText, type Restriction } from './rune.ts';

const WORDS = {
  '=': 'equal to',
  '/': 'unequal to',
  '^': 'starts with',
  $: 'ends with',
  '~': 'contains',
  '<': '<',
  '>': '>',
  '{': 'sorts before',
  '}': 'sorts after',
} as const;

/** One alternative, as `showrunes` says it. */
export function describeAlternative({ field, condition, value }: Alternative): string {
  if (condition === '!') return fromByteText(`${field} is missing`);
  if (condition === '#') return fromByteText(`comment: ${field} ${value}`);
  return fromByteText(`${field} ${WORDS[condition]} ${value}`);
}

/** One restriction: its alternatives, joined by OR. */
export function describeRestriction(restriction: Restriction): string {
  return restriction.map(describeAlternative).join(' OR ');
}

/** All restrictions, joined by AND. */
export function describeRestrictions(restrictions: readonly Restriction[]): string {
  return restrictions.map(describeRestriction).join(' AND ');
}

const ANNOTATIONS: Readonly<Record<string, string>> = {
  time: 'in seconds since 1970',
  id: 'of commanding peer',
  method: 'of command',
  pnum: 'number of command parameters',
  rate: 'max per minute',
};

function annotationOf(field: string): string {
  const known = Object.hasOwn(ANNOTATIONS, field) ? ANNOTATIONS[field] : undefined;
  if (known !== undefined) return known;
  if (field.startsWith('parr')) return `array parameter #${field.slice(4)}`;
  if (field.startsWith('pname')) return `object parameter '${field.slice(5)}'`;
  return 'unknown condition?';
}

/** One restriction, as `decode` sums it up. */
export function summarize(restriction: Restriction): string {
  const sentences = restriction.map(({ field, condition, value }) => {
    if (condition === '#') return `[comment: ${field}${value}]`;
    const subject = `${field} (${annotationOf(field)})`;
    if (condition === '!') return `${subject} is missing`;
    if (condition === '<') return `${subject} less than ${value}`;
    if (condition === '>') return `${subject} greater than ${value}`;
    const isBare = (condition === '=' || condition === '/') && ['time', 'pnum', 'rate'].includes(field);
    return `${subject} ${WORDS[condition]} ${isBare ? value : `'${value}'`}`;
  });
  return fromByteText(sentences.join(' OR '));
}
