/**
 * Passkeys (WebAuthn, level 3): a key that a person's device keeps, which browsers use on `localhost` and on a domain name,
 * never on an IP address. A stranger's answer is a signature over a challenge of ours, checked with the key that a person who was signed in
 * has left here; the more intricate message that brings a new key is only read from people who are signed in.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import type { User, Users } from './users.ts';

/** A passkey as it is shown. */
export interface Passkey {
  readonly credential_id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** Unix time. */
  readonly created_at: number;
}

export interface PasskeysOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly users: Users;
  /** The origins that the pages are served on, such as `https://shop.example`. */
  readonly origins: () => readonly string[];
}

const CHALLENGE_MS = 300_000;
const MOST_CHALLENGES = 1000;
const MOST_PASSKEYS_OF_USER = 20;
const LONGEST_NAME = 64;

/** The library is large, and most who sign in do so otherwise. */
const library = () => import('@simplewebauthn/server');

/** What a browser calls an algorithm: EdDSA, ES256 and RS256. */
const ALGORITHMS = [-8, -7, -257];

export class Passkeys {
  readonly #options: PasskeysOptions;
  /** Until when each challenge may be answered, once. */
  readonly #challenges = new Map<string, number>();

  constructor(options: PasskeysOptions) {
    this.#options = options;
  }

  /** Whether browsers give passkeys to pages of the origin. */
  isPossible(origin: string): boolean {
    const hostname = URL.parse(origin)?.hostname ?? '';
    const isName = /[a-z]/i.test(hostname) && !hostname.includes(':');
    return isName && this.#options.origins().includes(origin);
  }

  /** What a browser is asked to sign, for somebody who wants to sign in. Rejects with RpcError. */
  async challenge(origin: string): Promise<object> {
    const { generateAuthenticationOptions } = await library();
    const options = await generateAuthenticationOptions({ rpID: this.#rpId(origin), userVerification: 'required' });
    this.#remember(options.challenge);
    return options;
  }

  /** Whose signature it is; undefined where it is nobody's. */
  async verify(origin: string, response: AuthenticationResponseJSON): Promise<User | undefined> {
    const { store, users } = this.#options;
    if (typeof response.id !== 'string') return undefined;
    const [row] = await store.read('SELECT * FROM passkeys WHERE credential_id = ?', [response.id]);
    const user = row && users.byId(Number(row.user_id));
    if (row === undefined || user === undefined) return undefined;
    const { verifyAuthenticationResponse } = await library();
    const rpId = this.#rpId(origin);
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => this.#take(challenge),
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        credential: {
          id: row.credential_id as string,
          publicKey: Uint8Array.from(row.public_key as Uint8Array),
          counter: Number(row.sign_count),
        },
      });
      if (!verified) return undefined;
      await store.commit([
        {
          sql: 'UPDATE passkeys SET sign_count = ? WHERE credential_id = ?',
          params: [authenticationInfo.newCounter, response.id],
        },
      ]);
      return user;
    } catch {
      // Whatever is wrong with it, it is no signature that lets anybody in.
      return undefined;
    }
  }

  /** What a browser is asked for, to make a new passkey of the user. Rejects with RpcError. */
  async newOptions(origin: string, shop_name: string, user: User): Promise<object> {
    const { generateRegistrationOptions } = await library();
    const own = await this.of(user);
    if (own.length >= MOST_PASSKEYS_OF_USER) {
      throw new RpcError('INVALID_PARAMS', `nobody has more than ${MOST_PASSKEYS_OF_USER} passkeys: remove one first`);
    }
    const options = await generateRegistrationOptions({
      rpName: shop_name,
      rpID: this.#rpId(origin),
      userName: user.name,
      userID: Uint8Array.from(Buffer.from(String(user.user_id))),
      attestationType: 'none',
      supportedAlgorithmIDs: ALGORITHMS,
      excludeCredentials: own.map(({ credential_id }) => ({ id: credential_id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    this.#remember(options.challenge);
    return options;
  }

  /** Keeps what the browser made; durable when this resolves. Rejects with RpcError. */
  async keep(origin: string, user: User, name: string, response: RegistrationResponseJSON): Promise<void> {
    const { store, clock } = this.#options;
    const { verifyRegistrationResponse } = await library();
    const rpId = this.#rpId(origin);
    let info: Awaited<ReturnType<typeof verifyRegistrationResponse>>['registrationInfo'];
    try {
      ({ registrationInfo: info } = await verifyRegistrationResponse({
        response,
        expectedChallenge: (challenge) => this.#take(challenge),
        expectedOrigin: origin,
        expectedRPID: rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }));
    } catch {
      info = undefined;
    }
    if (info === undefined) throw new RpcError('SIGN_IN_FAILED', 'The passkey could not be checked: try again');
    const { id, publicKey, counter, transports } = info.credential;
    const result = await store.commit([
      {
        sql: `INSERT INTO passkeys (credential_id, user_id, public_key, sign_count, transports, name, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING credential_id`,
        params: [
          id,
          user.user_id,
          publicKey,
          counter,
          JSON.stringify(transports ?? []),
          [...name.trim()].slice(0, LONGEST_NAME).join('') || 'Passkey',
          clock.nowSeconds(),
        ],
        stop_if_no_row: true,
      },
    ]);
    if (!result.committed) throw new RpcError('INVALID_PARAMS', 'this passkey is kept already');
  }

  /** The passkeys of a person, the oldest first. */
  async of({ user_id }: User): Promise<readonly Passkey[]> {
    const sql =
      'SELECT credential_id, name, created_at FROM passkeys WHERE user_id = ? ORDER BY created_at, credential_id';
    return (await this.#options.store.read(sql, [user_id])).map(passkeyOfRow);
  }

  /** Forgets a passkey of a person; durable when this resolves. False when there is none. */
  async remove({ user_id }: User, credential_id: string): Promise<boolean> {
    const result = await this.#options.store.commit([
      {
        sql: 'DELETE FROM passkeys WHERE user_id = ? AND credential_id = ? RETURNING credential_id',
        params: [user_id, credential_id],
        stop_if_no_row: true,
      },
    ]);
    return result.committed;
  }

  #rpId(origin: string): string {
    if (!this.isPossible(origin)) {
      throw new RpcError(
        'INVALID_PARAMS',
        'browsers give passkeys to pages on localhost or on a domain name only: open the dashboard there',
      );
    }
    return new URL(origin).hostname;
  }

  #remember(challenge: string): void {
    this.#challenges.set(challenge, this.#options.clock.monotonicMs() + CHALLENGE_MS);
    if (this.#challenges.size > MOST_CHALLENGES) {
      this.#challenges.delete(this.#challenges.keys().next().value as string);
    }
  }

  #take(challenge: string): boolean {
    const until = this.#challenges.get(challenge);
    this.#challenges.delete(challenge);
    return until !== undefined && until > this.#options.clock.monotonicMs();
  }
}

function passkeyOfRow(row: Row): Passkey {
  return {
    credential_id: row.credential_id as string,
    name: row.name as string,
    created_at: Number(row.created_at),
  };
}
