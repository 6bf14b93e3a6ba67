import { toHex } from '../../base/types/hex.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

const input = answer.object(
  {
    txid: answer.txid('The transaction that it spends from.'),
    index: answer.integer('The output that it spends.'),
    sequence: answer.integer('Its nSequence.'),
  },
  'An input.',
);

const output = answer.object(
  {
    index: answer.integer('Its number, from 0.'),
    amount_msat: answer.msat('Its amount.'),
    scriptPubKey: answer.hex('Its script.'),
  },
  'An output.',
);

const transaction = answer.object(
  {
    hash: answer.txid('The transaction.'),
    rawtx: answer.hex('Its bytes.'),
    blockheight: answer.integer('The height of its block; 0 while it waits for one.'),
    txindex: answer.optional(
      answer.integer('Its place in the block; 0 while it waits for one. Absent if it was mined before Till kept this.'),
    ),
    locktime: answer.integer('Its nLockTime.'),
    version: answer.integer('Its version.'),
    inputs: answer.array(input, 'Its inputs, in order.'),
    outputs: answer.array(output, 'Its outputs, in order.'),
  },
  'A transaction.',
);

/** Shows the wallet's transactions. */
export const listtransactions = defineCommand({
  name: 'listtransactions',
  category: 'wallet',
  title: 'Command to get the list of transactions that was stored in the wallet',
  description:
    'Lists every transaction that gave the wallet a coin or took one, in the order of the chain, and its own transactions that wait for a block. Deposits that were mined before Till kept this list are not in it.',
  params: {},
  returns: { transactions: answer.array(transaction, 'The transactions.') },
  errors: [],
  see_also: ['listfunds', 'withdraw'],
  access: 'read',
  async run(_params, { wallet }) {
    const entries = await wallet.history();
    return {
      transactions: entries.map(({ txid, raw, transaction: tx, blockheight, transaction_index }) => ({
        hash: txid as string,
        rawtx: toHex(raw),
        blockheight: blockheight ?? 0,
        txindex: blockheight === undefined ? 0 : transaction_index,
        locktime: tx.locktime,
        version: tx.version,
        inputs: tx.inputs.map((each) => ({ txid: each.txid as string, index: each.vout, sequence: each.sequence })),
        outputs: tx.outputs.map(({ amount_sat, script_pubkey }, index) => ({
          index,
          amount_msat: amount_sat * 1000n,
          scriptPubKey: toHex(script_pubkey),
        })),
      })),
    };
  },
});
