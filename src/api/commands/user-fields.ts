/** The parameters and answers that the commands of users share. */
import { Secret } from '../../base/types/secret.ts';
import { ROLE_WORDS, ROLES } from '../../shop/access/roles.ts';
import { answer } from '../rpc/answer.ts';
import { fieldOf, secretField, textOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import type { PeopleModules } from './people-modules.ts';

/** A role. */
export const roleField = field.oneOf(...ROLES);

/** The roles in prose. */
export const ROLES_DOC = ROLES.map((role) => `\`${role}\`: ${ROLE_WORDS[role]}`).join('; ');

/** A password: never echoed, and never written down. */
export const passwordField = secretField(
  fieldOf<Secret<string>>('string', { type: 'string' }, 'should be a string', (value) => {
    const text = textOf(value);
    return text === undefined ? undefined : new Secret(text);
  }),
);

/** A user, as commands answer it. */
export const userMembers = {
  user: answer.string('The name.'),
  role: answer.oneOf(ROLES, 'What the user may do.'),
};

/** A link that begins a session. */
export const linkMembers = {
  token: answer.string('What the link holds: it begins one session, once.'),
  url: answer.optional(answer.string('The link to the dashboard. Absent while none is served.')),
  counter_url: answer.optional(
    answer.string('The same for the counter, which `shop-bind` serves. One of the two can be used.'),
  ),
  expires_at: answer.integer('Until when it can be used, in Unix time.'),
};

/** The links to the pages that people sign in on. */
export function linkRow(
  { token, expires_at }: { readonly token: string; readonly expires_at: number },
  { dashboard_url, shop_url }: PeopleModules['served'],
) {
  const linkTo = (url: string | undefined) => (url === undefined ? undefined : `${url}/sign-in?token=${token}`);
  return { token, url: linkTo(dashboard_url), counter_url: linkTo(shop_url), expires_at };
}
