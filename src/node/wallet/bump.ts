/** Raises the fee of a transaction of ours: by a replacement (BIP 125), or by a child that pays for both. */

import { type Sat, sat } from '../../base/types/amount.ts';
import { type TxOutput, weightOf } from '../../codec/tx/transaction.ts';
import type { Books, SignedTransaction } from './books.ts';
import { NotEnoughError } from './build.ts';
import { type ComposeRequest, replacementFeeSat, reserveLeft } from './composer.ts';
import { TransactionStateError } from './failure.ts';
import type { OwnTransaction } from './own-transaction.ts';
import type { Sender } from './sender.ts';

/** A replacement may weigh this much more: one change output, and signatures that are a byte longer. */
const REPLACEMENT_SLACK_WEIGHT = 180;

/** See Wallet.bump. */
export async function bumpFee(
  books: Books,
  sender: Sender,
  own: OwnTransaction,
  feerate_per_kw: number,
  reserve_sat: Sat,
): Promise<SignedTransaction> {
  const { txid, state, blockheight, purpose } = own;
  if (state !== 'sent' || blockheight !== undefined) {
    throw new TransactionStateError(`transaction ${txid} does not wait to be mined`);
  }
  if (purpose === 'fees') {
    throw new TransactionStateError(`transaction ${txid} belongs to a channel that is closing, which raises its fee`);
  }
  const spender = books.changeOf(own)?.spent_by;
  if (spender !== undefined) {
    throw new TransactionStateError(`the change of transaction ${txid} is spent by ${spender}: bump that one`);
  }
  if (purpose === 'funding') return await payByChild(books, sender, own, feerate_per_kw);
  return await replace(books, sender, own, feerate_per_kw, reserve_sat);
}

/** The same payment from the same coins, and more of them when the fee asks for it. */
async function replace(
  books: Books,
  sender: Sender,
  own: OwnTransaction,
  feerate_per_kw: number,
  reserve_sat: Sat,
): Promise<SignedTransaction> {
  const { transaction, purpose, change_index, is_sweep, fee_sat } = own;
  const free = books.ledger.spendable(books.tip_height, 1);
  const more = free.toSorted((a, b) => (a.amount_sat < b.amount_sat ? 1 : -1));
  const coins = [...books.coinsOf([own])];
  for (;;) {
    const request: ComposeRequest = {
      purpose,
      outputs: is_sweep ? [] : transaction.outputs.filter((_output, index) => index !== change_index),
      ...(is_sweep ? { all_to: (transaction.outputs[0] as TxOutput).script_pubkey } : {}),
      feerate_per_kw,
      coins,
      use_every_coin: true,
      reserve_sat: reserveLeft(reserve_sat, free, coins),
      locktime: books.tip_height,
      min_fee_sat: replacementFeeSat(fee_sat, weightOf(transaction) + REPLACEMENT_SLACK_WEIGHT),
    };
    try {
      return await sendInstead(books, sender, own, request);
    } catch (error) {
      const next = more.shift();
      if (!(error instanceof NotEnoughError) || is_sweep || next === undefined) throw error;
      coins.push(next);
    }
  }
}

async function sendInstead(
  books: Books,
  sender: Sender,
  own: OwnTransaction,
  request: ComposeRequest,
): Promise<SignedTransaction> {
  const coins = books.coinsIn(own);
  // One commit drops the old one and enters the new one as sent: no crash leaves the payment without either.
  const signed = await books.enter(request, 'sent');
  try {
    await sender.publishOrRelease(signed.txid);
    return signed;
  } catch (error) {
    // The old one is still on its way.
    books.ledger.add(own, coins);
    await books.flush();
    throw error;
  }
}

async function payByChild(
  books: Books,
  sender: Sender,
  own: OwnTransaction,
  feerate_per_kw: number,
): Promise<SignedTransaction> {
  const change = books.changeOf(own);
  if (change === undefined)
    throw new TransactionStateError(`transaction ${own.txid} has no change to pay its fee with`);
  const request: ComposeRequest = {
    purpose: 'withdrawal',
    outputs: [],
    feerate_per_kw,
    coins: [change],
    use_every_coin: true,
    parents: { weight: weightOf(own.transaction), fee_sat: own.fee_sat },
    reserve_sat: sat(0),
    locktime: books.tip_height,
  };
  const signed = await books.enter(request, 'sent');
  await sender.publishOrRelease(signed.txid);
  return signed;
}
