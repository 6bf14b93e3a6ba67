/** Makes a block that follows another: coinbase, merkle root, witness commitment (BIP 141), proof of work. */
import { sha256d } from '../../../base/crypto/hash.ts';
import { blockHash, HEADER_LENGTH_BYTES, reversedBytes } from '../raw-block.ts';
import type { BlockRef } from '../source.ts';
import type { ChainTransaction } from './transaction.ts';

/** The lowest difficulty there is: every second nonce will do. */
const REGTEST_BITS = 0x207fffff;

/** The first block of regtest: 80 bytes of header and the coinbase that all of Bitcoin's networks begin with. */
export const REGTEST_GENESIS = Buffer.from(
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000' +
    '0101000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000',
  'hex',
);

/** What the next block is made of. */
export interface BlockPlan {
  readonly previous: BlockRef;
  readonly time_seconds: number;
  readonly transactions: readonly ChainTransaction[];
  readonly coinbase_script: Buffer;
  readonly coinbase_sat: bigint;
  /** Tells two blocks at one height apart. */
  readonly extra_nonce: number;
}

/** The serialized block. */
export function mineBlock(plan: BlockPlan): Buffer {
  const { coinbase, coinbase_txid } = makeCoinbase(plan);
  const txids = [coinbase_txid, ...plan.transactions.map(({ txid }) => reversedBytes(txid))];
  const header = Buffer.alloc(HEADER_LENGTH_BYTES);
  header.writeInt32LE(0x20000000, 0);
  reversedBytes(plan.previous.hash).copy(header, 4);
  merkleRoot(txids).copy(header, 36);
  header.writeUInt32LE(plan.time_seconds, 68);
  header.writeUInt32LE(REGTEST_BITS, 72);
  for (let nonce = 0; ; nonce++) {
    header.writeUInt32LE(nonce, 76);
    // Written backwards, the hash must not exceed 7fffff00...: its first digit says it.
    if (blockHash(header) < '7fffff') break;
  }
  const bodies = plan.transactions.map(({ bytes }) => bytes);
  return Buffer.concat([header, compactSize(txids.length), coinbase, ...bodies]);
}

function makeCoinbase(plan: BlockPlan): { coinbase: Buffer; coinbase_txid: Buffer } {
  const { coinbase_script, coinbase_sat } = plan;
  // A witness txid of the coinbase counts as zero (BIP 141).
  const witness_root = merkleRoot([
    Buffer.alloc(32),
    ...plan.transactions.map(({ bytes }) => Buffer.from(sha256d(bytes))),
  ]);
  const reserved = Buffer.alloc(32);
  const commitment = Buffer.concat([
    Buffer.from('6a24aa21a9ed', 'hex'),
    sha256d(Buffer.concat([witness_root, reserved])),
  ]);
  const nonce = Buffer.alloc(4);
  nonce.writeUInt32LE(plan.extra_nonce);
  const script_sig = Buffer.concat([pushNumber(plan.previous.height + 1), Buffer.from([4]), nonce]);
  const input = Buffer.concat([
    Buffer.alloc(32),
    Buffer.from('ffffffff', 'hex'),
    compactSize(script_sig.length),
    script_sig,
    Buffer.from('ffffffff', 'hex'),
  ]);
  const body = Buffer.concat([
    compactSize(1),
    input,
    compactSize(2),
    output(coinbase_sat, coinbase_script),
    output(0n, commitment),
  ]);
  const version = Buffer.from('02000000', 'hex');
  const locktime = Buffer.alloc(4);
  const witness = Buffer.concat([compactSize(1), compactSize(32), reserved]);
  return {
    coinbase: Buffer.concat([version, Buffer.from('0001', 'hex'), body, witness, locktime]),
    coinbase_txid: Buffer.from(sha256d(Buffer.concat([version, body, locktime]))),
  };
}

function output(amount_sat: bigint, script: Buffer): Buffer {
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64LE(amount_sat);
  return Buffer.concat([amount, compactSize(script.length), script]);
}

/** A height as a script pushes it (BIP 34). */
function pushNumber(value: number): Buffer {
  if (value <= 16) return Buffer.from([0x50 + value]);
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest >>>= 8) bytes.push(rest & 0xff);
  if ((bytes.at(-1) as number) & 0x80) bytes.push(0);
  return Buffer.from([bytes.length, ...bytes]);
}

function compactSize(value: number): Buffer {
  if (value < 0xfd) return Buffer.from([value]);
  const bytes = Buffer.alloc(value <= 0xffff ? 3 : 5);
  bytes[0] = value <= 0xffff ? 0xfd : 0xfe;
  if (value <= 0xffff) bytes.writeUInt16LE(value, 1);
  else bytes.writeUInt32LE(value, 1);
  return bytes;
}

function merkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = [...leaves];
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] as Buffer;
      above.push(Buffer.from(sha256d(Buffer.concat([left, level[index + 1] ?? left]))));
    }
    level = above;
  }
  return level[0] as Buffer;
}
