/** What a wallet is given: `lightning:` with a BOLT 11, and a unified address of BIP 321 with both. */
import { NETWORKS } from '../../../../base/types/network.ts';

/** What there is to pay. */
export interface Payable {
  readonly bolt11: string;
  /** On the chain. */
  readonly address: string | undefined;
  readonly amount_msat: bigint | undefined;
}

/** The link that opens a Lightning wallet. */
export function lightningLink({ bolt11 }: Payable): string {
  return `lightning:${bolt11}`;
}

/** The same as the text of a QR code: in capital letters it takes fewer modules. */
export function lightningCode({ bolt11 }: Payable): string {
  return `LIGHTNING:${bolt11.toUpperCase()}`;
}

/** The unified address: a wallet pays it over Lightning or on the chain, as it can. Undefined without an address. */
export function unifiedLink({ bolt11, address, amount_msat }: Payable): string | undefined {
  if (address === undefined) return undefined;
  const amount = amount_msat === undefined ? '' : `amount=${bitcoinAmount(amount_msat)}&`;
  return `bitcoin:${address}?${amount}lightning=${bolt11}`;
}

/**
 * The same as the text of a QR code: the address, where it may, and the invoice are in capital letters, which take fewer
 * modules. The keys are as BIP 21 writes them, for wallets to which capitals are other keys; BIP 321 allows either.
 */
export function unifiedCode(payable: Payable): string | undefined {
  const { address, bolt11 } = payable;
  return unifiedLink({
    ...payable,
    bolt11: bolt11.toUpperCase(),
    address: address === undefined ? undefined : inCapitals(address),
  });
}

/** An address in bech32 or bech32m in capital letters (BIP 173), and any other as it is: base58 tells them apart. */
export function inCapitals(address: string): string {
  return BECH32_BEGINNINGS.some((beginning) => address.startsWith(beginning)) ? address.toUpperCase() : address;
}

const BECH32_BEGINNINGS = Object.values(NETWORKS).map(({ bech32_prefix }) => `${bech32_prefix}1`);

/** In bitcoin, with a point and without needless zeros. The chain has whole satoshi: a part of one is rounded up. */
export function bitcoinAmount(amount_msat: bigint): string {
  const text = ((amount_msat + 999n) / 1000n).toString().padStart(9, '0');
  return `${text.slice(0, -8)}.${text.slice(-8)}`.replace(/\.?0+$/, '');
}
