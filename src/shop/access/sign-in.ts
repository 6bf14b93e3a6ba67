/**
 * Signing in: by a link that is good once, by name and password, or by passkey. Whoever fails hears the same sentence, whether
 * the name exists or not, after the same work; whoever fails often waits.
 */
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Passkeys } from './passkeys.ts';
import {
  hashPassword,
  isPassword,
  LEAST_PASSWORD_CHARACTERS,
  LONGEST_PASSWORD_BYTES,
  NO_PASSWORD,
} from './passwords.ts';
import type { Session, Sessions, SignInWay } from './sessions.ts';
import { Tries } from './tries.ts';
import type { User, Users } from './users.ts';

/** What somebody shows to sign in. */
export type Proof =
  | { readonly way: 'link'; readonly token: string }
  | { readonly way: 'password'; readonly name: string; readonly password: string }
  | { readonly way: 'passkey'; readonly origin: string; readonly response: AuthenticationResponseJSON };

export interface SignInOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passkeys: Passkeys;
  readonly log: { info(text: string): void; warn(text: string): void };
}

/** Passwords that are hashed at the same time: each takes 19 MiB and a core. */
const MOST_HASHING = 2;
const MOST_WAITING = 16;

const WRONG: Readonly<Record<SignInWay, string>> = {
  link: 'This link was used already, or is older than ten minutes. `till dashboard` prints a new one.',
  password: 'The name or the password is wrong.',
  passkey: 'This passkey is not known here.',
};

export class SignIn {
  readonly #options: SignInOptions;
  readonly #tries: Tries;
  #hashing = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#tries = new Tries(options.clock);
  }

  /** Begins a session for whoever the proof is of. Rejects with RpcError SIGN_IN_FAILED or SIGN_IN_TOO_OFTEN. */
  async signIn(proof: Proof, address: string): Promise<{ readonly token: string; readonly user: User }> {
    const { sessions, log } = this.#options;
    const wait_seconds = this.#tries.waitSeconds(address);
    if (wait_seconds > 0) {
      throw new RpcError('SIGN_IN_TOO_OFTEN', `Too many tries: wait ${wait_seconds} seconds`, { wait_seconds });
    }
    this.#tries.begin(address);
    const user = await this.#prove(proof);
    if (user === undefined) {
      log.warn(`somebody at ${address} could not sign in by ${proof.way}`);
      throw new RpcError('SIGN_IN_FAILED', WRONG[proof.way]);
    }
    this.#tries.succeed(address);
    const token = await sessions.begin(user, proof.way);
    log.info(`${user.name} (${user.role}) signed in by ${proof.way} from ${address}`);
    return { token, user };
  }

  /**
   * Gives the person of a session a new password, or none. Whoever has one must know it, unless the session began by a link
   * of the owner's. Other sessions of the person end. Rejects with RpcError.
   */
  async changePassword(
    { session, user }: { readonly session: Session; readonly user: User },
    { old, password }: { readonly old: string; readonly password: string },
    address: string,
  ): Promise<void> {
    const { users, sessions } = this.#options;
    if (user.password_hash !== undefined && session.way !== 'link') {
      if (this.#tries.waitSeconds(address) > 0)
        throw new RpcError('SIGN_IN_TOO_OFTEN', 'Too many tries: wait a minute');
      this.#tries.begin(address);
      if (!(await this.#isPassword(old, user.password_hash))) {
        throw new RpcError('SIGN_IN_FAILED', 'The old password is wrong.');
      }
      this.#tries.succeed(address);
    }
    const hash = password === '' ? undefined : await this.hash(password);
    await users.setPassword(user, hash);
    await sessions.endOf(user, session.session_id);
  }

  /** The hash of a password that somebody chose. Rejects with RpcError INVALID_PARAMS for a poor one. */
  async hash(password: string): Promise<string> {
    const { randomBytes } = this.#options;
    if ([...password].length < LEAST_PASSWORD_CHARACTERS || Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES) {
      throw new RpcError('INVALID_PARAMS', `a password has at least ${LEAST_PASSWORD_CHARACTERS} characters`);
    }
    return await this.#inTurn(() => hashPassword(password, randomBytes));
  }

  async #prove(proof: Proof): Promise<User | undefined> {
    const { users, sessions, passkeys } = this.#options;
    if (proof.way === 'link') return await sessions.useLink(proof.token);
    if (proof.way === 'passkey') return await passkeys.verify(proof.origin, proof.response);
    const user = users.find(proof.name);
    const isRight = await this.#isPassword(proof.password, user?.password_hash ?? NO_PASSWORD);
    // It may have been removed, or been given another password, meanwhile.
    const now = user && users.byId(user.user_id);
    return isRight && now?.password_hash === user?.password_hash ? now : undefined;
  }

  #isPassword(password: string, hash: string): Promise<boolean> {
    if (Buffer.byteLength(password) > LONGEST_PASSWORD_BYTES) return Promise.resolve(false);
    return this.#inTurn(() => isPassword(password, hash));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= MOST_WAITING) {
      throw new RpcError('SIGN_IN_TOO_OFTEN', 'Too many people are signing in: try again in a moment');
    }
    if (this.#hashing >= MOST_HASHING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#hashing++;
    try {
      return await work();
    } finally {
      this.#hashing--;
      this.#waiting.shift()?.();
    }
  }
}
