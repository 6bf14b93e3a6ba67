/** What a wallet is given: `lightning:` with a BOLT 11, and a unified address of BIP 321 with both. */

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

/** In bitcoin, with a point and without needless zeros. The chain has whole satoshi: a part of one is rounded up. */
export function bitcoinAmount(amount_msat: bigint): string {
  const text = ((amount_msat + 999n) / 1000n).toString().padStart(9, '0');
  return `${text.slice(0, -8)}.${text.slice(-8)}`.replace(/\.?0+$/, '');
}
