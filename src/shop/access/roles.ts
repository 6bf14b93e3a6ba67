/**
 * The roles of the people who use the dashboard and the counter. A role is a set of restrictions of a rune: what its people
 * may do is judged by the same code as what programs may do.
 */
import { parseAlternative, type Restriction, toByteText } from './rune.ts';

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

/** What else must hold: a cashier gives money back for sales of the counter, and for no other invoice. */
const LIMITS: Readonly<Record<Exclude<Role, 'owner'>, readonly (readonly string[])[]>> = {
  cashier: [['method/refund', 'pnamelabel^pos/']],
  accountant: [],
};

/** The restrictions of the rune of a user. The first one permits everything, and says whose rune it is. */
export function restrictionsOf(role: Role, name: string): readonly Restriction[] {
  const comment: Restriction = [{ field: 'user', condition: '#', value: toByteText(name) }];
  if (role === 'owner') return [comment];
  const rules = [METHODS[role], ...LIMITS[role]];
  return [comment, ...rules.map((alternatives) => alternatives.map((text) => parseAlternative(text)))];
}
