/** The Bitcoin networks that Till knows, and every constant that depends on them. */
export type NetworkName = 'bitcoin' | 'testnet' | 'testnet4' | 'signet' | 'regtest';

export interface Network {
  readonly name: NetworkName;
  /** The part of a BOLT 11 invoice after `ln`, before the amount (BOLT 11, Human-Readable Part). */
  readonly bolt11_prefix: 'bc' | 'tb' | 'tbs' | 'bcrt';
  /** The human-readable part of a segwit address (BIP 173). */
  readonly bech32_prefix: 'bc' | 'tb' | 'bcrt';
  /** Version byte of a pay-to-public-key-hash address. */
  readonly p2pkh_version: number;
  /** Version byte of a pay-to-script-hash address. */
  readonly p2sh_version: number;
  /** The genesis block's hash in the byte order of the wire (BOLT 0), hex. */
  readonly chain_hash: string;
  /** BIP 44 coin type. */
  readonly coin_type: 0 | 1;
  readonly default_port: number;
}

const TEST = {
  bech32_prefix: 'tb',
  p2pkh_version: 0x6f,
  p2sh_version: 0xc4,
  coin_type: 1,
} as const;

/** All networks by name. */
export const NETWORKS: Readonly<Record<NetworkName, Network>> = {
  bitcoin: {
    name: 'bitcoin',
    bolt11_prefix: 'bc',
    bech32_prefix: 'bc',
    p2pkh_version: 0x00,
    p2sh_version: 0x05,
    chain_hash: '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000',
    coin_type: 0,
    default_port: 9735,
  },
  testnet: {
    ...TEST,
    name: 'testnet',
    bolt11_prefix: 'tb',
    chain_hash: '43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000',
    default_port: 19735,
  },
  testnet4: {
    ...TEST,
    name: 'testnet4',
    bolt11_prefix: 'tb',
    chain_hash: '43f08bdab050e35b567c864b91f47f50ae725ae2de53bcfbbaf284da00000000',
    default_port: 49735,
  },
  signet: {
    ...TEST,
    name: 'signet',
    bolt11_prefix: 'tbs',
    chain_hash: 'f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000',
    default_port: 39735,
  },
  regtest: {
    ...TEST,
    name: 'regtest',
    bolt11_prefix: 'bcrt',
    bech32_prefix: 'bcrt',
    chain_hash: '06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f',
    default_port: 19846,
  },
};

/** Whether the text names a network. */
export function isNetworkName(text: string): text is NetworkName {
  return Object.hasOwn(NETWORKS, text);
}
