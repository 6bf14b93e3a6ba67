/**
 * The roles of the people who use the dashboard and the counter. A role is a set of restrictions of a rune: what its people
 * may do is judged by the same code as what programs may do.
 */
import { type Alternative, parseAlternative, type Restriction, toByteText } from './rune.ts';

/** Every role, the mightiest first. */
export const ROLES = ['owner', 'cashier', 'accountant'] as const;
export type Role = (typeof ROLES)[number];

/** What a role is for, in words for people. */
export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  owner: 'may do everything',
  cashier: 'may take payments and look at invoices',
  accountant: 'may look, and change nothing',
};

/** What each role may call: one of these must hold. An owner may call everything. */
const METHODS: Readonly<Record<Exclude<Role, 'owner'>, readonly string[]>> = {
  cashier: [
    ...['method=invoice', 'method=waitinvoice', 'method=listinvoices', 'method=findinvoices'],
    ...['method=listevents', 'method=waitevent'],
    ...['method=createsale', 'method=listsales', 'method=listitems', 'method=refund', 'method=listrefunds'],
  ],
  accountant: ['method^list', 'method^get', 'method=findinvoices', 'method=waitevent', 'method=exportledger'],
};

/** A cashier's name is the counter's: these must say that they are about it, and refuse what is of another counter. */
const OF_THE_OWN_COUNTER = ['createsale', 'listsales', 'refund'] as const;

/** The restrictions of the rune of a user. The first one permits everything, and says whose rune it is. */
export function restrictionsOf(role: Role, name: string): readonly Restriction[] {
  const comment: Restriction = [{ field: 'user', condition: '#', value: toByteText(name) }];
  if (role === 'owner') return [comment];
  const methods = METHODS[role].map((text) => parseAlternative(text));
  if (role !== 'cashier') return [comment, methods];
  const own: Alternative = { field: 'pnamecounter', condition: '=', value: toByteText(name) };
  return [comment, methods, ...OF_THE_OWN_COUNTER.map((method) => [parseAlternative(`method/${method}`), own])];
}
