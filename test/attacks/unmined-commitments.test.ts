/**
 * A commitment that nobody mines, while an HTLC that we hold the preimage of runs out: no estimate of fees, a peer that
 * puts its own commitment into mempools first, a node that relays nothing as cheap as ours.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex } from '../../src/base/types/hex.ts';
import { parseTransaction, type Transaction, txidOf, weightOf } from '../../src/codec/tx/transaction.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  signedCommitment,
  type TestHtlc,
} from '../protocol/onchain/channel.ts';
import { type Party, World } from '../protocol/onchain/world.ts';

const EXPIRY = 200;
/** When Till closes: 18 blocks before the HTLC expires. */
const DEADLINE = EXPIRY - 18;
const HTLC: TestHtlc = { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: EXPIRY, secret: 3 };
const MOMENT: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs: [HTLC], feerate_per_kw: 253 };
/** 5 sat for a virtual byte. */
const BLOCKS_ASK_PER_KW = 1250;

async function open(moment = MOMENT): Promise<{ world: World; alice: Party }> {
  const world = await World.open();
  const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
  if (moment.htlcs.length > 0) await alice.say(claimOf(HTLC));
  return { world, alice };
}

function pendingOf(world: World): Transaction[] {
  return world.chain.pending.map((bytes) => parseTransaction(bytes));
}

/** Of the waiting commitment and its child together. */
function packageFeerate(world: World, commitment_fee_sat: bigint, alice: Party): number {
  const txs = pendingOf(world);
  const weight = txs.reduce((total, tx) => total + weightOf(tx), 0);
  const child_fee_sat = alice.state.pending[0]?.fee_sat ?? 0n;
  return Number(((commitment_fee_sat + child_fee_sat) * 1000n) / BigInt(weight));
}

describe('a commitment without a child, and no estimate of fees', () => {
  it('gets one as the deadline nears, dearer until blocks take it, and the payment arrives', async () => {
    const { world, alice } = await open();
    alice.feerates = {};
    const transaction = signedCommitment(alice.channel);
    const commitment_fee_sat = BigInt(Math.ceil((weightOf(parseTransaction(fromHex(transaction))) * 253) / 1000));
    for (let height = world.height + 1; height < DEADLINE; height++) await alice.say({ kind: 'block', height });
    await alice.say({ kind: 'force_close', transaction, is_urgent: false });
    assert.equal(pendingOf(world).length, 1, 'it pays what an estimate of nothing asks for');
    let height = DEADLINE;
    while (packageFeerate(world, commitment_fee_sat, alice) < BLOCKS_ASK_PER_KW) {
      height += 1;
      assert.ok(height < EXPIRY - 6, 'blocks would not have taken it in time');
      await alice.say({ kind: 'block', height });
    }
    assert.ok((alice.state.pending[0]?.fee_sat ?? 0n) < 10_000n, 'and not for much more than they ask');
  });
});

describe("a peer's cheap commitment that waits in mempools in the place of ours", () => {
  it('gets a child on our anchor in it, and the HTLC is ours once it is mined', async () => {
    const { world, alice } = await open();
    const bob = signedCommitment(channelOf('bob', world.funding_txid, MOMENT));
    assert.equal(await world.broadcast([bob]), undefined);
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: true });
    const [theirs, child] = pendingOf(world) as [Transaction, Transaction | undefined];
    assert.equal(txidOf(theirs), txidOf(parseTransaction(fromHex(bob))));
    assert.equal(child?.inputs[0]?.txid, txidOf(theirs), 'our child pays for their commitment');
    const first_sat = alice.state.pending[0]?.fee_sat ?? 0n;
    for (let height = DEADLINE; height < EXPIRY - 6; height++) await alice.say({ kind: 'block', height });
    assert.ok((alice.state.pending[0]?.fee_sat ?? 0n) > first_sat, 'and more as the deadline nears');
    const before = world.balance('alice');
    await world.mine(6);
    assert.equal(alice.told('ended')[0]?.ending, 'remote');
    // The HTLC, less what the child and the claim paid. Our share has to wait: its claim was made at a height that was
    // told and not mined.
    const gained_sat = world.balance('alice') - before;
    assert.ok(gained_sat > 400_000n - 65_000n, `${gained_sat} sat came home`);
  });

  it('is looked for among all that the peer may have sent', async () => {
    const world = await World.open();
    const before = channelOf('alice', world.funding_txid, { ...MOMENT, number: 2 });
    // The peer has not revoked its commitment yet, and we have signed the next one: here it comes with the next.
    const [current] = channelOf('alice', world.funding_txid, MOMENT).remote;
    const [next] = before.remote;
    assert.ok(current !== undefined && next !== undefined);
    const alice = await world.join('alice', { ...before, remote: [current, next] });
    await alice.say(claimOf(HTLC));
    const bob = signedCommitment(channelOf('bob', world.funding_txid, { ...MOMENT, number: 2 }));
    assert.equal(await world.broadcast([bob]), undefined);
    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: true });
    const [theirs, child] = pendingOf(world) as [Transaction, Transaction | undefined];
    assert.equal(child?.inputs[0]?.txid, txidOf(theirs));
  });
});

describe('a node that relays nothing as cheap as our commitment', () => {
  for (const htlcs of [[], [HTLC]]) {
    it(`is not answered with ever dearer children, ${htlcs.length} HTLCs at stake`, async () => {
      const { world, alice } = await open({ ...MOMENT, htlcs });
      const parent_txid = txidOf(parseTransaction(fromHex(signedCommitment(alice.channel))));
      world.refuse = (transactions) => {
        const txids = transactions.map((text) => txidOf(parseTransaction(fromHex(text))));
        return txids.includes(parent_txid) ? 'min relay fee not met, 285 < 1132' : undefined;
      };
      await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: true });
      assert.ok(alice.told('fund').length <= 1, `${alice.told('fund').length} children at once`);
      for (let block = 1; block <= 10; block++) await alice.say({ kind: 'block', height: world.height + block });
      assert.ok(alice.told('fund').length <= 11, 'and no more than one a block');
      world.refuse = () => undefined;
      await alice.say({ kind: 'block', height: world.height + 11 });
      const { fee_sat = 0n } = alice.state.pending[0] ?? {};
      assert.ok(fee_sat < 5_000n, `the child that goes out pays ${fee_sat} sat`);
    });
  }
});
