/**
 * Who looks at a page: the cookie is read, the node says whose it is. The cookie is bound to this host alone, no script reads
 * it, and no other site can have it sent; forms carry a token that is made from it.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SESSION_PREFIX } from '../../../rpc/person.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import { PageProblem } from '../problems.ts';

/** Somebody who has signed in. */
export interface SignedIn {
  readonly name: string;
  readonly role: 'owner' | 'cashier' | 'accountant';
  readonly session_id: number;
  /** How the session began. */
  readonly way: 'link' | 'password' | 'passkey';
  readonly has_password: boolean;
  /** The token of the session: for questions about it. */
  readonly session: string;
  /** What commands are called with. */
  readonly credential: string;
  /** Every form carries it, as `form_token`. */
  readonly form_token: string;
}

/** A cookie lives as long as a session can; the node ends it before. */
const COOKIE_SECONDS = 30 * 86_400;

/** Who asks; undefined for somebody who has not signed in. Rejects with NodeBusy. */
export async function personOf(tools: PageTools, asked: PageRequest): Promise<SignedIn | undefined> {
  const session = asked.cookie(cookieName(asked));
  if (session === undefined || !/^[\w-]{43}$/.test(session)) return undefined;
  try {
    const known = await tools.node.ask('session', { session });
    return {
      name: String(known.user),
      role: known.role as SignedIn['role'],
      session_id: Number(known.session_id),
      way: known.way as SignedIn['way'],
      has_password: known.has_password === true,
      session,
      credential: SESSION_PREFIX + session,
      form_token: formToken(session),
    };
  } catch (error) {
    if (error instanceof NodeRefused && error.error === 'SESSION_OVER') return undefined;
    throw error;
  }
}

/** Refuses a form that did not come from a page of this session. Throws PageProblem. */
export function checkForm(asked: PageRequest, person: SignedIn): void {
  const given = Buffer.from(asked.form.text('form_token'));
  const wanted = Buffer.from(person.form_token);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new PageProblem('bad_form');
}

/** Sends somebody to sign in, and back to where they wanted to go. */
export function signInFirst(asked: PageRequest): PageAnswer {
  const wanted = asked.request.method === 'POST' ? '/' : asked.url.pathname + asked.url.search;
  return { see: wanted === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(wanted)}` };
}

/** The header that keeps a session. */
export function sessionCookie(asked: PageRequest, session: string): string {
  return `${cookieName(asked)}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_SECONDS}${isSecure(asked) ? '; Secure' : ''}`;
}

/** The header that forgets it. */
export function endedCookie(asked: PageRequest): string {
  return `${cookieName(asked)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${isSecure(asked) ? '; Secure' : ''}`;
}

function isSecure({ base_url }: PageRequest): boolean {
  return base_url.startsWith('https:');
}

/** Cookies know no ports: two servers on one machine must not overwrite each other's. */
function cookieName(asked: PageRequest): string {
  const { port } = new URL(asked.base_url);
  const of_port = port === '' ? '' : `-${port}`;
  return isSecure(asked) ? `__Host-till${of_port}` : `till${of_port}`;
}

function formToken(session: string): string {
  return createHash('sha256').update(`form of ${session}`).digest('base64url').slice(0, 22);
}
