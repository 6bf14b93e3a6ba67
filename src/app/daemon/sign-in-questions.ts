/**
 * What pages ask about people: to sign somebody in, whose a session is, and what people change about how they sign in. Anybody on
 * the internet can have these asked, so each carries its right with it: a link, a password, a passkey's signature, or the token of a session.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { textOf } from '../../api/rpc/field.ts';
import { isJsonObject, type JsonObject, toPlain } from '../../api/rpc/json.ts';
import { RpcError } from '../../base/errors.ts';
import type { Proof } from '../../shop/access/sign-in.ts';
import type { AnsweringLayers, PageQuestions } from './page-question.ts';

/** The questions, by name. */
export function signInQuestions({ shop: { people } }: Pick<AnsweringLayers, 'shop'>): PageQuestions {
  const { sessions, sign_in, passkeys } = people;
  const known = (params: JsonObject) => sessions.resolve(text(params, 'session'));
  return {
    /** Begins a session. */
    sign_in: async (params) => {
      const { token, user } = await sign_in.signIn(proofOf(params), text(params, 'address'));
      return { session: token, user: user.name, role: user.role };
    },
    /** Whose a session is. */
    session: async (params) => {
      const { session, user } = known(params);
      return {
        session_id: session.session_id,
        user: user.name,
        role: user.role,
        way: session.way,
        has_password: user.password_hash !== undefined,
      };
    },
    /** Ends the session. */
    sign_out: async (params) => {
      await sessions.end(known(params).session.session_id);
      return {};
    },
    /** Gives its person another password. */
    change_password: async (params) => {
      const change = { old: text(params, 'old'), password: text(params, 'password') };
      await sign_in.changePassword(known(params), change, text(params, 'address'));
      return {};
    },
    /** Whether pages of an origin may use passkeys. */
    passkeys_possible: async (params) => ({ is_possible: passkeys.isPossible(text(params, 'origin')) }),
    /** What a browser is asked to sign. */
    passkey_challenge: async (params) => ({ options: await passkeys.challenge(text(params, 'origin')) }),
    /** The passkeys of the session's person. */
    passkeys: async (params) => ({ passkeys: await passkeys.of(known(params).user) }),
    /** What a browser is asked for, to make a passkey. */
    new_passkey: async (params) => ({
      options: await passkeys.newOptions(text(params, 'origin'), text(params, 'shop_name'), known(params).user),
    }),
    /** Keeps what it made. */
    keep_passkey: async (params) => {
      const { user } = known(params);
      const response = responseOf(params) as RegistrationResponseJSON;
      await passkeys.keep(text(params, 'origin'), user, text(params, 'name'), response);
      return {};
    },
    /** Forgets a passkey of the session's person. */
    remove_passkey: async (params) => {
      await passkeys.remove(known(params).user, text(params, 'credential_id'));
      return {};
    },
  };
}

function proofOf(params: JsonObject): Proof {
  const way = text(params, 'way');
  if (way === 'link') return { way, token: text(params, 'token') };
  if (way === 'password') return { way, name: text(params, 'name'), password: text(params, 'password') };
  if (way !== 'passkey') throw new RpcError('INVALID_PARAMS', 'way: should be link, password or passkey');
  return { way, origin: text(params, 'origin'), response: responseOf(params) as AuthenticationResponseJSON };
}

/** What a browser's authenticator answered; the library reads it, and refuses what has another shape. */
function responseOf({ response }: JsonObject): unknown {
  if (!isJsonObject(response)) throw new RpcError('INVALID_PARAMS', 'response: should be an object');
  return toPlain(response);
}

function text(params: JsonObject, name: string): string {
  const value = textOf(params[name] ?? null);
  if (value === undefined) throw new RpcError('INVALID_PARAMS', `${name}: should be a string`);
  return value;
}
