/**
 * Addresses: the text that people copy, and the script that the chain knows (base58check, BIP 173, BIP 350). Pure
 * JavaScript: part of the browser bundle of `lightning-till/bolt11`.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bech32, bech32m, createBase58check } from '@scure/base';
import { fromHex, toHex } from './hex.ts';
import { NETWORKS, type Network, type NetworkName } from './network.ts';

/** How an output is spent. `witness` is a segwit version or program that has no use yet. */
export type AddressKind = 'P2PKH' | 'P2SH' | 'P2WPKH' | 'P2WSH' | 'P2TR' | 'witness';

/** An address, understood. */
export interface Address {
  readonly kind: AddressKind;
  /** The output script, lowercase hex. */
  readonly script_pubkey: string;
  /** The networks that write addresses of this form: the testnets and signet share theirs. */
  readonly networks: readonly NetworkName[];
}

/** A script that has an address, in parts. */
export type AddressScript =
  | { readonly kind: 'P2PKH' | 'P2SH'; readonly hash: string }
  | { readonly kind: 'P2WPKH' | 'P2WSH' | 'P2TR' | 'witness'; readonly version: number; readonly program: string };

const base58check = createBase58check(sha256);

/** Parses an address of any network. Undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  // The longest address that exists has 90 characters (BIP 173); nothing longer is worth decoding.
  if (text.length > 90) return undefined;
  return parseWitness(text) ?? parseBase58(text);
}

/** The address of an output script on the network. Undefined for a script that has none. */
export function formatAddress(script_pubkey: string, network: Network): string | undefined {
  const script = readScript(script_pubkey);
  if (script === undefined) return undefined;
  if ('hash' in script) {
    const version = script.kind === 'P2PKH' ? network.p2pkh_version : network.p2sh_version;
    return base58check.encode(Uint8Array.of(version, ...fromHex(script.hash)));
  }
  const coder = script.version === 0 ? bech32 : bech32m;
  return coder.encode(network.bech32_prefix, [script.version, ...coder.toWords(fromHex(script.program))]);
}

/** The parts of an output script that has an address. Undefined for any other script. */
export function readScript(script_pubkey: string): AddressScript | undefined {
  const hash160 = /^(?:76a914([0-9a-f]{40})88ac|a914([0-9a-f]{40})87)$/.exec(script_pubkey);
  if (hash160?.[1] !== undefined) return { kind: 'P2PKH', hash: hash160[1] };
  if (hash160?.[2] !== undefined) return { kind: 'P2SH', hash: hash160[2] };
  const witness = /^(00|5[1-9a-f]|60)([0-9a-f]{2})((?:[0-9a-f]{2})*)$/.exec(script_pubkey);
  if (witness === null) return undefined;
  const [, opcode, length, program] = witness as unknown as [string, string, string, string];
  const version = opcode === '00' ? 0 : Number.parseInt(opcode, 16) - 0x50;
  if (Number.parseInt(length, 16) * 2 !== program.length) return undefined;
  const kind = witnessKind(version, program.length / 2);
  return kind === undefined ? undefined : { kind, version, program };
}

/** The script that pays to a public key's hash, hex. */
export function p2pkhScript(hash: string): string {
  return `76a914${hash}88ac`;
}

/** The script that pays to a script's hash, hex. */
export function p2shScript(hash: string): string {
  return `a914${hash}87`;
}

/** The script of a witness program, hex. Undefined when BIP 141 or BIP 173 rules version and length out. */
export function witnessScript(version: number, program: string): string | undefined {
  if (witnessKind(version, program.length / 2) === undefined) return undefined;
  const opcode = version === 0 ? '00' : (0x50 + version).toString(16);
  return `${opcode}${(program.length / 2).toString(16).padStart(2, '0')}${program}`;
}

function witnessKind(version: number, length_bytes: number): Exclude<AddressKind, 'P2PKH' | 'P2SH'> | undefined {
  if (version > 16 || length_bytes < 2 || length_bytes > 40) return undefined;
  if (version === 0) return length_bytes === 20 ? 'P2WPKH' : length_bytes === 32 ? 'P2WSH' : undefined;
  return version === 1 && length_bytes === 32 ? 'P2TR' : 'witness';
}

function networksWhere(matches: (network: Network) => boolean): NetworkName[] {
  return Object.values(NETWORKS)
    .filter(matches)
    .map((network) => network.name);
}

function parseWitness(text: string): Address | undefined {
  // BIP 350: version 0 is written in bech32, every later one in bech32m, and neither is read as the other.
  for (const coder of [bech32, bech32m]) {
    const decoded = coder.decodeUnsafe(text);
    const version = decoded?.words[0];
    if (decoded === undefined || version === undefined || (version === 0) !== (coder === bech32)) continue;
    const program = coder.fromWordsUnsafe(decoded.words.slice(1));
    const script_pubkey = program instanceof Uint8Array ? witnessScript(version, toHex(program)) : undefined;
    const networks = networksWhere((network) => network.bech32_prefix === decoded.prefix);
    if (!(program instanceof Uint8Array) || script_pubkey === undefined || networks.length === 0) return undefined;
    const kind = witnessKind(version, program.length);
    return kind === undefined ? undefined : { kind, script_pubkey, networks };
  }
  return undefined;
}

function parseBase58(text: string): Address | undefined {
  let payload: Uint8Array;
  try {
    payload = base58check.decode(text);
  } catch {
    // The library has no other way to say that this is no base58check.
    return undefined;
  }
  if (payload.length !== 21) return undefined;
  const hash = toHex(payload.subarray(1));
  const pubkeyHash = networksWhere((network) => network.p2pkh_version === payload[0]);
  if (pubkeyHash.length > 0) return { kind: 'P2PKH', script_pubkey: p2pkhScript(hash), networks: pubkeyHash };
  const scriptHash = networksWhere((network) => network.p2sh_version === payload[0]);
  if (scriptHash.length > 0) return { kind: 'P2SH', script_pubkey: p2shScript(hash), networks: scriptHash };
  return undefined;
}
