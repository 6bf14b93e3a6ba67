/** What the commands of users and sessions run on. */
import type { Actions } from '../../shop/access/actions.ts';
import type { Passkeys } from '../../shop/access/passkeys.ts';
import type { Sessions } from '../../shop/access/sessions.ts';
import type { SignIn } from '../../shop/access/sign-in.ts';
import type { Users } from '../../shop/access/users.ts';

/** The people who use the dashboard and the counter, and where it is. */
export interface PeopleModules {
  readonly users: Users;
  readonly sessions: Pick<Sessions, 'list' | 'end' | 'endOf' | 'makeLink'>;
  readonly passkeys: Pick<Passkeys, 'of'>;
  readonly sign_in: Pick<SignIn, 'hash'>;
  /** Who did what. */
  readonly actions: Pick<Actions, 'list'>;
  /** Where people sign in, without a slash at the end: on the dashboard, and on the counter's server. */
  readonly served: { readonly dashboard_url: string | undefined; readonly shop_url: string | undefined };
}
