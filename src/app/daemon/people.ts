/** Builds what the people who use the dashboard and the counter need: users, sessions, and the log of what they did. */
import { type Person, SESSION_PREFIX } from '../../api/rpc/person.ts';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { Actions } from '../../shop/access/actions.ts';
import { Passkeys } from '../../shop/access/passkeys.ts';
import type { Runes } from '../../shop/access/runes.ts';
import { Sessions } from '../../shop/access/sessions.ts';
import { SignIn } from '../../shop/access/sign-in.ts';
import { Users } from '../../shop/access/users.ts';
import type { Infra } from './build-infra.ts';

/** Where pages are served, once they are. */
export interface ServedPages {
  /** The dashboard, without a slash at the end. */
  dashboard_url: string | undefined;
  /** The counter's server, without a slash at the end. */
  shop_url: string | undefined;
  /** Every origin by which pages that people sign in on may be opened. */
  origins: readonly string[];
}

/** The people and what belongs to them. */
export interface People {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passkeys: Passkeys;
  readonly sign_in: SignIn;
  readonly actions: Actions;
  readonly served: ServedPages;
  /** The person of a session's credential; undefined for any other credential. Throws RpcError SESSION_OVER. */
  personOf(credential: string): Person | undefined;
}

/** Reads who there is. The runes must be open. */
export async function buildPeople(
  { store, clock, log }: Pick<Infra, 'store' | 'clock' | 'log'>,
  runes: Runes,
): Promise<People> {
  const served: ServedPages = { dashboard_url: undefined, shop_url: undefined, origins: [] };
  const users = await Users.open({ store, clock, runes });
  const sessions = await Sessions.open({
    store,
    clock,
    randomBytes: secureRandomBytes,
    users,
    onBackgroundError: (error) => log.error(`sessions: ${error instanceof Error ? error.message : String(error)}`),
  });
  const passkeys = new Passkeys({ store, clock, users, origins: () => served.origins });
  const sign_in = new SignIn({ clock, randomBytes: secureRandomBytes, users, sessions, passkeys, log });
  const actions = new Actions(store, clock);
  return {
    users,
    sessions,
    passkeys,
    sign_in,
    actions,
    served,
    personOf(credential) {
      if (!credential.startsWith(SESSION_PREFIX)) return undefined;
      const { session, user } = sessions.resolve(credential.slice(SESSION_PREFIX.length));
      return {
        rune: user.rune,
        record({ method, params }, run) {
          const { session_id } = session;
          log.info(`session ${session_id} (${user.role}, ${user.name}): ${method}`);
          return actions.record({ session_id, user: user.name, role: user.role, method, params }, run);
        },
      };
    },
  };
}
