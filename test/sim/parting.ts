/** Two who close a channel in agreement, in the middle of everything: what is in flight ends first, then both are paid. */
import assert from 'node:assert/strict';
import { toHex } from '../../src/base/types/hex.ts';
import { serializeTransaction, type Transaction } from '../../src/codec/tx/transaction.ts';
import { decodeState } from '../../src/protocol/channel/codec.ts';
import { DEFAULT_POLICY } from '../../src/protocol/channel/policy.ts';
import type { ChannelState } from '../../src/protocol/channel/state.ts';
import { minedSince } from '../node/endings/account.ts';
import type { Machine } from './machine.ts';
import type { Storm } from './storm.ts';
import type { Street } from './town.ts';

/** What closing costs at most, with any of the storm's feerates. */
const MOST_FEE_SAT = 5_000n;

/** The state of a channel as a disk has it. */
export async function storedState(street: Street, { disk }: Pick<Machine, 'disk'>): Promise<ChannelState> {
  const [row] = await disk.read('SELECT state FROM channels WHERE channel_id = ?', [street.channel_id]);
  return decodeState(row?.state as string);
}

/** Whether the transaction takes the channel's funding output. */
export function spends(tx: Transaction, { funding }: Street): boolean {
  return tx.inputs.some(({ txid, vout }) => txid === funding.txid && vout === funding.vout);
}

/** All that a wallet holds. */
export async function walletSat({ node }: Machine): Promise<bigint> {
  assert.ok(node !== undefined);
  const { confirmed_sat, unconfirmed_sat, reserved_sat } = await node.wallet.balance();
  return confirmed_sat + unconfirmed_sat + reserved_sat;
}

/** One end wants to close the channel in agreement. A process that dies may forget it: then it is asked again. */
export async function part(storm: Storm, street: Street): Promise<void> {
  const { random, town } = storm;
  const machine = random.pick(street.ends);
  while ((await storedState(street, machine)).phase === 'normal') {
    const channel = town.channel(street, machine);
    if (channel?.state.phase === 'normal') town.up(machine).channels.apply(channel, { kind: 'shutdown' });
    await storm.step();
  }
  for (let steps = random.below(300); steps > 0; steps--) await storm.step();
}

/** Both have signed the same, and it pays each what was its own, less the fee for one of them. `before`: what wallets held. */
export async function checkParted(storm: Storm, street: Street, before: ReadonlyMap<Machine, bigint>): Promise<void> {
  const { town } = storm;
  const [near, far] = await Promise.all(street.ends.map((machine) => storedState(street, machine)));
  // A block may have taken it in the storm already.
  for (const state of [near, far]) assert.ok(['closed', 'spent'].includes(state?.phase ?? ''), 'it is closed');
  town.mine(1);
  await town.calm();
  assert.deepEqual(town.world.chain.pending, [], 'a block took what they signed');
  const mined = await minedSince(town.world.chain, 0);
  const end = mined.find(({ tx }) => spends(tx, street));
  assert.ok(end !== undefined && end.fee_sat < MOST_FEE_SAT);
  const { outputs } = end.tx;
  // Who was cut off may sign a second one, with other fees, while the first is mined.
  const signed = [near, far].flatMap((state) => state?.closing_transactions ?? []);
  assert.ok(signed.includes(toHex(serializeTransaction(end.tx))), 'it is what both have signed');
  const paid_sat = outputs.reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
  const gained = async (machine: Machine) => (await walletSat(machine)) - (before.get(machine) ?? 0n);
  const [opener, other] = street.ends;
  const own_sat = (far?.local_msat ?? 0n) / 1000n;
  // Dust is left to the miners.
  const isDust = own_sat < DEFAULT_POLICY.max_dust_limit_satoshis && outputs.length === 1;
  const other_sat = await gained(other);
  // Both shares are rounded down, so the miners have a satoshi more than what was agreed where both have a fraction of one.
  const rest_sat = (far?.terms.funding_satoshis ?? 0n) - own_sat - (far?.remote_msat ?? 0n) / 1000n;
  // With option_simple_close each side has a transaction that it pays itself, and either may be mined.
  const shares_sat = isDust ? [0n] : [own_sat, own_sat - (end.fee_sat - rest_sat)];
  assert.ok(shares_sat.includes(other_sat), `${other.name} has its share: ${other_sat} sat, one of ${shares_sat}`);
  assert.equal(await gained(opener), paid_sat - other_sat, `${opener.name} has what is left`);
}
