/**
 * The answers to wallets that pay a Lightning address: what may be paid, an invoice for it, and whether that is paid
 * (LUD-06, LUD-16, LUD-21). They are given to anybody, so what strangers can make the shop keep has an end. NIP-57 zaps
 * are left out: a receipt on Nostr is no business of a shop's node.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import { RpcError } from '../../base/errors.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import { isHex, toHex } from '../../base/types/hex.ts';
import { Secret } from '../../base/types/secret.ts';
import type { Addresses } from './addresses.ts';
import { identifierOf, lnurlOf, metadataOf, payRequest, readNamed, revisionOf, successAction } from './lnurl.ts';
import { judgeRequest, LnurlRefusal, type PayerRequest } from './payer.ts';
import type { LnurlPorts } from './ports.ts';

/** How long the payer has. Wallets pay at once, and an invoice that nobody pays must not stand for long. */
export const LNURL_EXPIRY_SECONDS = 600;
/** Invoices of strangers that may be unpaid at the same time. */
const DEFAULT_MOST_UNPAID = 1_000;
/** The name that LUD-21 has for paid. */
const LUD_21_PAID = 'settled';
/** What the labels of these invoices begin with. */
export const LNURL_LABEL_PREFIX = 'lnurlp/';

/** An answer, as it is sent: JSON. */
export type LnurlAnswer = Readonly<Record<string, unknown>>;

export class LnurlPay {
  readonly #addresses: Addresses;
  readonly #ports: LnurlPorts;

  constructor(addresses: Addresses, ports: LnurlPorts) {
    this.#addresses = addresses;
    this.#ports = ports;
  }

  /** What a page shows of it. Throws RpcError LIGHTNING_ADDRESS_NOT_FOUND. */
  async shown(name: string, base_url: string) {
    try {
      const { address, named } = await this.#find(name);
      const { description, min_msat, max_msat } = address;
      return {
        address: identifierOf(named, base_url),
        lnurl: lnurlOf(named, base_url),
        description,
        min_msat,
        max_msat,
      };
    } catch (error) {
      if (error instanceof LnurlRefusal) throw new RpcError('LIGHTNING_ADDRESS_NOT_FOUND', error.message);
      throw error;
    }
  }

  /** What may be paid at `name@host`. `base_url`: of the shop's public pages. */
  request(name: string, base_url: string): Promise<LnurlAnswer> {
    return this.#answer(async () => {
      const { address, named } = await this.#find(name);
      return payRequest(address, named, base_url);
    });
  }

  /** An invoice on the terms that `revision` names. */
  invoice(name: string, revision: string, asked: PayerRequest, base_url: string): Promise<LnurlAnswer> {
    return this.#answer(async () => {
      const { address, named } = await this.#find(name);
      if (revision !== revisionOf(address, named, base_url)) {
        throw new LnurlRefusal('What may be paid here has changed: ask again.');
      }
      const { amount_msat, comment, payer_text, payer_data } = judgeRequest(address, asked);
      const { invoices, randomBytes, receivableMsat, most_unpaid = DEFAULT_MOST_UNPAID } = this.#ports;
      if (receivableMsat() < amount_msat) throw new LnurlRefusal('The shop cannot receive that much at the moment.');
      if ((await invoices.countUnpaid(most_unpaid)) >= most_unpaid) {
        throw new LnurlRefusal('Too many payments have been asked for and not made: try again in ten minutes.');
      }
      const preimage = new Secret(toHex(randomBytes(32)));
      const { bolt11, payment_hash } = await invoices.make({
        label: `${LNURL_LABEL_PREFIX}${named.name}/${toHex(randomBytes(8))}`,
        amount_msat,
        description: address.description,
        description_hash: toHex(sha256(Buffer.from(metadataOf(address, named, base_url) + payer_text))),
        metadata: JSON.stringify({ lightning_address: identifierOf(named, base_url), comment, payer_data }),
        preimage,
        expiry_seconds: LNURL_EXPIRY_SECONDS,
      });
      const action = successAction(address, { preimage, iv: randomBytes(16), base_url });
      return {
        pr: bolt11,
        routes: [],
        // The address stays: wallets may keep it (LUD-11).
        disposable: false,
        verify: `${base_url}/lnurlp/verify/${payment_hash}/${proofOf(bolt11)}`,
        ...(action === undefined ? {} : { successAction: action }),
      };
    });
  }

  /** Whether an invoice that was made here is paid. `proof` shows that the one who asks has the invoice. */
  verify(payment_hash: string, proof: string): Promise<LnurlAnswer> {
    return this.#answer(async () => {
      const hash = isHex(payment_hash, 32) ? (payment_hash.toLowerCase() as PaymentHash) : undefined;
      const found = hash && (await this.#ports.invoices.find(hash));
      if (found === undefined || proof !== proofOf(found.bolt11)) throw new LnurlRefusal('Not found');
      const { bolt11, payment_preimage = null } = found;
      return { status: 'OK', [LUD_21_PAID]: payment_preimage !== null, preimage: payment_preimage, pr: bolt11 };
    });
  }

  async #find(text: string) {
    const named = readNamed(text);
    const address = named && (await this.#addresses.find(named.name));
    if (named === undefined || address === undefined || !address.is_enabled) {
      throw new LnurlRefusal('There is no such Lightning address here.');
    }
    return { address, named };
  }

  /** Errors too are answers (LUD-06). */
  async #answer(make: () => Promise<LnurlAnswer>): Promise<LnurlAnswer> {
    try {
      return await make();
    } catch (error) {
      if (error instanceof LnurlRefusal) return { status: 'ERROR', reason: error.message };
      this.#ports.onUnexpected(error);
      return { status: 'ERROR', reason: 'The shop cannot make an invoice at the moment: try again later.' };
    }
  }
}

/** What whoever knows the payment hash alone, such as a node on the way, does not know. */
function proofOf(bolt11: string): string {
  return toHex(sha256(Buffer.from(bolt11))).slice(0, 16);
}
