/** Endings by chance: who publishes what, which preimages are known, fees that wander, reorgs up to six blocks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FeeTargetBlocks } from '../../../src/protocol/onchain/closing-channel.ts';
import type { RevokedHtlc } from '../../../src/protocol/onchain/revoked-htlc.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  FUNDING_SAT,
  type Name,
  peerOf,
  signedCommitment,
  type TestHtlc,
  viewOf,
} from './channel.ts';
import { MINER_SCRIPT, type Party, World, walletScript } from './world.ts';

/** A few runs belong to every test run; a longer hunt sets this. */
const RUNS = Number(process.env.TILL_ONCHAIN_RUNS ?? 4);
/** The height of a world's first free block: HTLCs expire some blocks later. */
const START = 114;

interface Story {
  readonly moment: ChannelMoment;
  readonly publisher: Name;
  readonly what: 'latest' | 'next' | 'revoked';
  /** By position: whether the receiver of the HTLC knows its preimage. */
  readonly known: readonly boolean[];
  readonly reorgs: readonly { readonly after: number; readonly depth: number; readonly drop: 'keep' | 'drop' }[];
  readonly feerates: readonly number[];
}

const htlcs = fc
  .array(
    fc.record({
      from: fc.constantFrom<Name>('alice', 'bob'),
      amount_sat: fc.oneof(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 3000, max: 400_000 })),
      cltv_expiry: fc.integer({ min: START + 6, max: START + 50 }),
    }),
    { maxLength: 5 },
  )
  .map((list) => list.map((htlc, index): TestHtlc => ({ ...htlc, id: BigInt(index), secret: index + 1 })));

const story: fc.Arbitrary<Story> = fc.record({
  moment: fc.record({
    number: fc.constant(4),
    alice_sat: fc.integer({ min: 100_000, max: 7_900_000 }),
    htlcs,
    feerate_per_kw: fc.integer({ min: 253, max: 3000 }),
  }),
  publisher: fc.constantFrom<Name>('alice', 'bob'),
  what: fc.constantFrom<Story['what']>('latest', 'next', 'revoked'),
  known: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  reorgs: fc.array(
    fc.record({
      after: fc.integer({ min: 2, max: 60 }),
      depth: fc.integer({ min: 1, max: 6 }),
      drop: fc.constantFrom<'keep' | 'drop'>('keep', 'drop'),
    }),
    { maxLength: 2 },
  ),
  feerates: fc.array(fc.integer({ min: 253, max: 8000 }), { minLength: 3, maxLength: 8 }),
});

function setFees(party: Party, base: number): void {
  const targets: readonly FeeTargetBlocks[] = [2, 6, 12, 100];
  for (const [index, target] of targets.entries()) party.feerates[target] = Math.max(253, base >> index);
}

async function play({ moment, publisher, what, known, reorgs, feerates }: Story): Promise<void> {
  const world = await World.open();
  const { funding_txid } = world;
  const other = peerOf(publisher);
  // With `next`, the publisher has a commitment that the other signed and that revokes nothing yet; with `revoked`,
  // the publisher goes back to a state in which it had more.
  const later: ChannelMoment = {
    ...moment,
    number: 7,
    alice_sat: publisher === 'alice' ? 90_000 : 7_950_000,
    htlcs: [],
  };
  const honest = what === 'revoked' ? channelOf(other, funding_txid, later) : undefined;
  const before: ChannelMoment = { ...moment, number: 3, htlcs: moment.htlcs.slice(1) };
  const records: RevokedHtlc[] = viewOf(other, publisher, moment).htlcs.map((htlc) => ({
    ...htlc,
    first_remote_number: 2,
    last_remote_number: 5,
  }));
  const watching =
    honest ??
    (what === 'next' ? channelOf(other, funding_txid, before, moment) : channelOf(other, funding_txid, moment));
  const start = { height: world.height, balance: { alice: world.balance('alice'), bob: world.balance('bob') } };
  const watcher = await world.join(other, watching, what === 'revoked' ? records : []);
  const closer = await world.join(publisher, channelOf(publisher, funding_txid, moment));
  const party = { [publisher]: closer, [other]: watcher } as Record<Name, Party>;
  for (const [index, htlc] of moment.htlcs.entries()) {
    if (known[index]) await party[peerOf(htlc.from)].say(claimOf(htlc));
  }
  await closer.say({ kind: 'force_close', transaction: signedCommitment(closer.channel), is_urgent: false });
  for (let block = 1; block <= 110; block++) {
    for (const each of [watcher, closer]) setFees(each, feerates[block % feerates.length] as number);
    await world.mine(1);
    for (const { after, depth, drop } of reorgs)
      if (after === block) await world.reorganise(Math.min(depth, block), drop);
  }

  const own = [Buffer.from(walletScript('alice')), Buffer.from(walletScript('bob')), Buffer.from(MINER_SCRIPT, 'hex')];
  const left = [...world.unspent().values()].filter(
    ({ height, script_pubkey }) => height > start.height && !own.some((script) => script.equals(script_pubkey)),
  );
  const left_sat = left.reduce((total, { amount_sat }) => total + amount_sat, 0n);
  const fees_sat = world.feesSince(start.height);
  const gain = {
    alice: world.balance('alice') - start.balance.alice,
    bob: world.balance('bob') - start.balance.bob,
  };
  assert.equal(gain.alice + gain.bob + fees_sat + left_sat, FUNDING_SAT, 'every satoshi is somewhere');
  assert.ok(
    left.every(({ amount_sat }) => amount_sat < 3000n),
    'nothing of worth is left behind',
  );

  for (const name of ['alice', 'bob'] as const) {
    if (what === 'revoked') {
      if (name === publisher) assert.ok(gain[name] <= 0n, `the cheater gained ${gain[name]} sat`);
      else assert.ok(gain[name] >= FUNDING_SAT - fees_sat - left_sat, `the honest side has ${gain[name]} sat`);
      continue;
    }
    const in_htlcs = moment.htlcs.reduce((total, { amount_sat }) => total + amount_sat, 0);
    let share = name === 'alice' ? BigInt(moment.alice_sat) : FUNDING_SAT - BigInt(moment.alice_sat + in_htlcs);
    for (const [index, htlc] of moment.htlcs.entries()) {
      // One that others can take in time is sure only when it is worth the fees of the day.
      const isWorthIt = reorgs.length === 0 && htlc.amount_sat > 50_000;
      const isSure = htlc.from === name ? !known[index] : known[index] && isWorthIt;
      if (isSure) share += BigInt(htlc.amount_sat);
    }
    // The opener pays for both anchors, and either side may take them in the end.
    if (name === 'alice') share -= 660n;
    assert.ok(gain[name] >= share - fees_sat - left_sat, `${name} has ${gain[name]} of ${share} sat`);
  }
  for (const each of [watcher, closer]) {
    const invalid = each.refused.filter(
      (reason) => !/^(bad-txns-inputs-missingorspent|insufficient fee|min relay fee)/.test(reason),
    );
    assert.deepEqual(invalid, [], `${each.name} sent what is invalid`);
  }
  if (what === 'latest') {
    const told = new Set(watcher.told('htlc_failed').map(({ htlc }) => htlc.id));
    for (const [index, htlc] of moment.htlcs.entries()) {
      if (htlc.from !== other || known[index]) continue;
      assert.ok(told.has(htlc.id) || htlc.amount_sat < 3000, `HTLC ${htlc.id} is decided`);
    }
  }
}

describe('whatever happens on the chain', () => {
  it('the honest side has its share less fees, and a cheater nothing', { timeout: 3_600_000 }, async () => {
    await fc.assert(fc.asyncProperty(story, play), { numRuns: RUNS, endOnFailure: true });
  });
});
