/** Two who close a channel in agreement, in the middle of everything: what is in flight ends first, then both are paid. */
import assert from 'node:assert/strict';
import { decodeState } from '../../src/channel/codec.ts';
import { DEFAULT_POLICY } from '../../src/channel/policy.ts';
import type { ChannelState } from '../../src/channel/state.ts';
import { parseTransaction } from '../../src/tx/transaction.ts';
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

/** Both have signed the same, and it pays each what was its own; the fee is the opener's. `before`: what wallets held. */
export async function checkParted(storm: Storm, street: Street, before: ReadonlyMap<Machine, bigint>): Promise<void> {
  const { town } = storm;
  const [near, far] = await Promise.all(street.ends.map((machine) => storedState(street, machine)));
  // A block may have taken it in the storm already.
  for (const state of [near, far]) assert.ok(['closed', 'spent'].includes(state?.phase ?? ''), 'it is closed');
  // One may have it from a block alone, when the other's last word was lost.
  const signed = new Set([near, far].flatMap((state) => state?.closing_transactions.slice(-1) ?? []));
  const [transaction] = signed;
  assert.ok(transaction !== undefined && signed.size === 1, 'both have signed the same');
  const { outputs } = parseTransaction(Buffer.from(transaction, 'hex'));
  const paid_sat = outputs.reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
  assert.ok(street.funding_sat - paid_sat < MOST_FEE_SAT);
  town.mine(1);
  await town.calm();
  assert.deepEqual(town.world.chain.pending, [], 'a block took what they signed');
  const gained = async (machine: Machine) => (await walletSat(machine)) - (before.get(machine) ?? 0n);
  const [opener, other] = street.ends;
  const own_sat = (far?.local_msat ?? 0n) / 1000n;
  // Dust is left to the miners.
  const isDust = own_sat < DEFAULT_POLICY.max_dust_limit_satoshis && outputs.length === 1;
  assert.equal(await gained(other), isDust ? 0n : own_sat, `${other.name} has its share`);
  assert.equal(await gained(opener), paid_sat - (isDust ? 0n : own_sat), `${opener.name} has what is left`);
}
