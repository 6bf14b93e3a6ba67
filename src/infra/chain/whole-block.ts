/**
 * Whether bytes from a server that nobody trusts are the block with a hash, all of it and nothing else. The hash covers
 * the header, the header covers the txids by a merkle tree, and the coinbase covers the witnesses (BIP 141). The tree
 * has two weaknesses, which Bitcoin Core's rules against mutated blocks close, and so do these.
 */
import { sha256d } from '../../base/crypto/hash.ts';
import {
  blockHash,
  blockTime,
  HEADER_LENGTH_BYTES,
  RawBlockError,
  type TransactionSpan,
  type TransactionVisitor,
  txidBytes,
  walkBlock,
  walkTransaction,
} from './raw-block.ts';

const HASH_BYTES = 32;
const OUTPOINT_BYTES = 36;
/** The outpoint that only a coinbase spends: a txid of zeros, and the highest index. */
const NO_OUTPOINT = Buffer.concat([Buffer.alloc(HASH_BYTES), Buffer.alloc(4, 0xff)]);
/** The output script that commits to the witnesses begins so; 32 bytes of hash follow (BIP 141). */
const WITNESS_COMMITMENT = Buffer.from('6a24aa21a9ed', 'hex');
/** When witnesses began on mainnet (block 481,824). Before, miners wrote commitments without what makes them complete. */
const FIRST_WITNESS_TIME = 1_503_539_857;

/** Whether the bytes are exactly the block with this hash: its header, and the transactions that the header names. */
export function isWholeBlock(block: Buffer, hash: string): boolean {
  if (block.length < HEADER_LENGTH_BYTES || blockHash(block) !== hash) return false;
  try {
    const spans: TransactionSpan[] = [];
    const isCoinbase: boolean[] = [];
    const visitor: TransactionVisitor = {
      input: (index, offset) => {
        const is_first = index === 0 && block.subarray(offset, offset + OUTPOINT_BYTES).equals(NO_OUTPOINT);
        isCoinbase[spans.length] = is_first || isCoinbase[spans.length] === true;
      },
    };
    walkBlock(block, visitor, (_index, span) => spans.push(span));
    // Without a coinbase in front, 64 bytes that are two hashes of the tree could pass for a transaction (CVE-2017-12842).
    if (isCoinbase[0] !== true || isCoinbase.lastIndexOf(true) !== 0) return false;
    const root = merkleRoot(spans.map((span) => txidBytes(block, span)));
    return root !== undefined && block.subarray(36, 68).equals(root) && areWitnessesCommitted(block, spans);
  } catch (error) {
    if (error instanceof RawBlockError) return false;
    throw error;
  }
}

/**
 * The root over the hashes. An odd one is paired with itself, so that a list whose end is doubled has the same root
 * (CVE-2012-2459): undefined when two hashes that are paired are the same.
 */
function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array | undefined {
  let row = leaves;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let index = 0; index < row.length; index += 2) {
      const left = row[index] as Uint8Array;
      const right = row[index + 1];
      if (right !== undefined && Buffer.compare(left, right) === 0) return undefined;
      above.push(sha256d(Buffer.concat([left, right ?? left])));
    }
    row = above;
  }
  return row[0];
}

function hasWitness({ start, body_start }: TransactionSpan): boolean {
  return body_start !== start + 4;
}

/** Whether no witness was changed, added or left out: a preimage that we look for may be in one. */
function areWitnessesCommitted(block: Buffer, spans: readonly TransactionSpan[]): boolean {
  const [coinbase, ...rest] = spans as [TransactionSpan, ...TransactionSpan[]];
  let committed: Buffer | undefined;
  walkTransaction(block, coinbase.start, {
    output: (_index, _offset, start, end) => {
      const script = block.subarray(start, end);
      const length = WITNESS_COMMITMENT.length + HASH_BYTES;
      // Of several, the last counts.
      if (script.length >= length && script.subarray(0, WITNESS_COMMITMENT.length).equals(WITNESS_COMMITMENT)) {
        committed = script.subarray(WITNESS_COMMITMENT.length, length);
      }
    },
  });
  if (committed === undefined || blockTime(block) < FIRST_WITNESS_TIME) return !spans.some(hasWitness);
  const reserved = coinbaseWitness(block, coinbase);
  if (reserved === undefined) return false;
  // The coinbase counts as zeros: it cannot commit to itself.
  const wtxids = rest.map(({ start, end }) => sha256d(block.subarray(start, end)));
  const root = merkleRoot([new Uint8Array(HASH_BYTES), ...wtxids]);
  return root !== undefined && committed.equals(sha256d(Buffer.concat([root, reserved])));
}

/** The one witness item of a coinbase that commits to witnesses: 32 bytes. */
function coinbaseWitness(block: Buffer, coinbase: TransactionSpan): Buffer | undefined {
  const { body_end, end } = coinbase;
  const is_right = hasWitness(coinbase) && end - 4 - body_end === 2 + HASH_BYTES;
  if (!is_right || block[body_end] !== 1 || block[body_end + 1] !== HASH_BYTES) return undefined;
  return block.subarray(body_end + 2, body_end + 2 + HASH_BYTES);
}
