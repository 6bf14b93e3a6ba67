import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import type { HintCandidate } from '../../../src/shop/invoices/ports.ts';
import { type ExposePrivateChannels, HintChooser } from '../../../src/shop/invoices/route-hints.ts';

function channel(id: string, capacity: number, more: Partial<HintCandidate> = {}): HintCandidate {
  return {
    pubkey: `02${'aa'.repeat(32)}` as NodeId,
    short_channel_id: id as ShortChannelId,
    scid_alias: false,
    announced: true,
    online: true,
    receivable_msat: msat(capacity),
    htlc_maximum_msat: msat(1_000_000),
    fee_base_msat: 1,
    fee_proportional_millionths: 10,
    cltv_expiry_delta: 6,
    peer_incoming_msat: msat(1),
    ...more,
  };
}

const hidden = { announced: false } as const;
const offline = { online: false } as const;
const deadend = { peer_incoming_msat: msat(0) } as const;
const alias = (id: string) => ({ remote_alias: id as ShortChannelId });
const scids = (...ids: string[]) => ids as ShortChannelId[];

interface Case {
  readonly title: string;
  readonly channels: readonly HintCandidate[];
  readonly needed?: number;
  readonly expose?: ExposePrivateChannels;
  readonly hints: readonly string[];
  readonly warnings: readonly string[];
}

const CASES: readonly Case[] = [
  { title: 'no channel at all', channels: [], hints: [], warnings: ['warning_capacity'] },
  { title: 'any amount needs one msat', channels: [channel('1x1x1', 1)], hints: ['1x1x1'], warnings: [] },
  { title: 'exactly enough', channels: [channel('1x1x1', 100)], needed: 100, hints: ['1x1x1'], warnings: [] },
  {
    title: 'one short of enough',
    channels: [channel('1x1x1', 99)],
    needed: 100,
    hints: ['1x1x1'],
    warnings: ['warning_capacity'],
  },
  {
    title: 'the cap of an HTLC',
    channels: [channel('1x1x1', 500, { htlc_maximum_msat: msat(50) })],
    needed: 100,
    hints: ['1x1x1'],
    warnings: ['warning_capacity'],
  },
  {
    title: 'offline would suffice',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, offline)],
    needed: 100,
    hints: ['1x1x1'],
    warnings: ['warning_offline'],
  },
  {
    title: 'offline named is still offline',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, offline)],
    needed: 50,
    expose: scids('1x1x1', '2x1x1'),
    hints: ['1x1x1'],
    warnings: ['warning_offline'],
  },
  {
    title: 'dead ends would suffice',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, deadend)],
    needed: 100,
    hints: ['1x1x1'],
    warnings: ['warning_deadends'],
  },
  {
    title: 'dead ends and offline together',
    channels: [channel('1x1x1', 50, offline), channel('2x1x1', 50, deadend)],
    needed: 100,
    hints: [],
    warnings: ['warning_deadends'],
  },
  {
    title: 'a dead end that is named',
    channels: [channel('1x1x1', 100, deadend)],
    needed: 100,
    expose: scids('1x1x1'),
    hints: ['1x1x1'],
    warnings: [],
  },
  {
    title: 'private beside announced',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, hidden)],
    needed: 100,
    hints: ['2x1x1', '1x1x1'],
    warnings: ['warning_mpp'],
  },
  {
    title: 'private beside an announced one that suffices',
    channels: [channel('1x1x1', 100), channel('2x1x1', 500, hidden)],
    needed: 100,
    hints: ['1x1x1'],
    warnings: [],
  },
  {
    title: 'private beside announced, never',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, hidden)],
    needed: 100,
    expose: false,
    hints: ['1x1x1'],
    warnings: ['warning_private_unused'],
  },
  {
    title: 'any amount, private beside an announced one that can receive the least there is',
    channels: [channel('1x1x1', 1), channel('2x1x1', 500, hidden)],
    hints: ['1x1x1'],
    warnings: [],
  },
  {
    title: 'any amount, private beside an announced one that is full',
    channels: [channel('1x1x1', 0), channel('2x1x1', 500, hidden)],
    hints: ['2x1x1'],
    warnings: [],
  },
  {
    title: 'private beside an announced one that is away',
    channels: [channel('1x1x1', 500, offline), channel('2x1x1', 100, hidden)],
    needed: 100,
    hints: ['2x1x1'],
    warnings: [],
  },
  {
    title: 'private beside an announced dead end',
    channels: [channel('1x1x1', 500, deadend), channel('2x1x1', 100, hidden)],
    needed: 100,
    hints: ['2x1x1'],
    warnings: [],
  },
  {
    title: 'private and too small, beside an announced one that is away',
    channels: [channel('1x1x1', 500, offline), channel('2x1x1', 60, hidden), channel('3x1x1', 30, hidden)],
    needed: 100,
    hints: ['2x1x1', '3x1x1'],
    warnings: ['warning_mpp', 'warning_offline'],
  },
  {
    title: 'private beside a roomier announced one, exposed: the payer finds that one without a hint',
    channels: [channel('1x1x1', 900), channel('2x1x1', 60, hidden), channel('3x1x1', 70, hidden)],
    needed: 100,
    expose: true,
    hints: ['3x1x1', '2x1x1'],
    warnings: [],
  },
  {
    title: 'private beside an announced one that just suffices, exposed',
    channels: [channel('1x1x1', 100), channel('2x1x1', 60, hidden), channel('3x1x1', 70, hidden)],
    needed: 100,
    expose: true,
    hints: ['3x1x1', '2x1x1'],
    warnings: [],
  },
  {
    title: 'private alone and one msat too small: nothing is left to name',
    channels: [channel('1x1x1', 99, hidden)],
    needed: 100,
    hints: ['1x1x1'],
    warnings: ['warning_capacity'],
  },
  {
    title: 'private alone and away',
    channels: [channel('1x1x1', 100, { ...hidden, ...offline })],
    needed: 100,
    hints: [],
    warnings: ['warning_offline'],
  },
  {
    title: 'none of the channels, when none is named',
    channels: [channel('1x1x1', 100), channel('2x1x1', 100, hidden)],
    needed: 100,
    expose: [],
    hints: [],
    warnings: ['warning_capacity'],
  },
  {
    title: 'any amount over private channels: the roomiest first, full ones not',
    channels: [
      channel('1x1x1', 50, hidden),
      channel('2x1x1', 0, hidden),
      channel('3x1x1', 70, hidden),
      channel('4x1x1', 90, { ...hidden, ...offline }),
    ],
    hints: ['3x1x1', '1x1x1'],
    warnings: [],
  },
  {
    title: 'any amount, exposed',
    channels: [channel('1x1x1', 900), channel('2x1x1', 60, hidden), channel('3x1x1', 70, hidden)],
    expose: true,
    hints: ['3x1x1', '2x1x1'],
    warnings: [],
  },
  {
    title: 'an amount below what the peer passes on',
    channels: [
      channel('1x1x1', 900, { ...hidden, htlc_minimum_msat: msat(101) }),
      channel('2x1x1', 100, { ...hidden, htlc_minimum_msat: msat(100) }),
    ],
    needed: 100,
    hints: ['2x1x1'],
    warnings: [],
  },
  {
    title: 'less room than the peer passes on',
    channels: [channel('1x1x1', 900, { ...hidden, htlc_minimum_msat: msat(1000) }), channel('2x1x1', 5, hidden)],
    hints: ['2x1x1'],
    warnings: [],
  },
  {
    title: 'the roomiest private ones first',
    channels: [channel('1x1x1', 10, hidden), channel('2x1x1', 60, hidden), channel('3x1x1', 80, hidden)],
    needed: 100,
    hints: ['3x1x1', '2x1x1'],
    warnings: ['warning_mpp'],
  },
  {
    title: 'private and away, never: it would not help either',
    channels: [channel('1x1x1', 40), channel('2x1x1', 60, { ...hidden, ...offline })],
    needed: 100,
    expose: false,
    hints: ['1x1x1'],
    warnings: ['warning_private_unused'],
  },
  {
    title: 'one that is named and full',
    channels: [channel('1x1x1', 0, hidden), channel('2x1x1', 100, hidden)],
    needed: 100,
    expose: scids('1x1x1'),
    hints: ['1x1x1'],
    warnings: ['warning_capacity'],
  },
  {
    title: 'private beside announced, exposed',
    channels: [channel('1x1x1', 40), channel('2x1x1', 100, { ...hidden, ...alias('9x9x9') })],
    needed: 100,
    expose: true,
    hints: ['9x9x9'],
    warnings: [],
  },
  {
    title: 'private alone',
    channels: [channel('1x1x1', 100, { ...hidden, ...alias('9x9x9') })],
    needed: 100,
    hints: ['9x9x9'],
    warnings: [],
  },
  {
    title: 'private alone, never',
    channels: [channel('1x1x1', 100, hidden)],
    needed: 100,
    expose: false,
    hints: [],
    warnings: ['warning_private_unused'],
  },
  {
    title: 'several needed',
    channels: [channel('1x1x1', 60, hidden), channel('2x1x1', 60, hidden), channel('3x1x1', 60, hidden)],
    needed: 100,
    hints: ['1x1x1', '2x1x1'],
    warnings: ['warning_mpp'],
  },
  {
    title: 'several announced when none suffices alone',
    channels: [channel('1x1x1', 60), channel('2x1x1', 60)],
    needed: 100,
    hints: ['1x1x1', '2x1x1'],
    warnings: ['warning_mpp'],
  },
  {
    title: 'named by alias',
    channels: [channel('1x1x1', 9), channel('2x1x1', 9, { ...hidden, ...alias('9x9x9') })],
    expose: scids('9x9x9'),
    hints: ['9x9x9'],
    warnings: [],
  },
  {
    title: 'an alias for what must hide its id',
    channels: [channel('1x1x1', 9, { scid_alias: true, ...alias('8x8x8') })],
    hints: ['8x8x8'],
    warnings: [],
  },
  {
    title: 'an announced channel that has an alias too: its id, which others can look up',
    channels: [channel('1x1x1', 9, alias('8x8x8'))],
    hints: ['1x1x1'],
    warnings: [],
  },
  {
    title: 'no alias yet for what must hide its id',
    channels: [channel('1x1x1', 9, { scid_alias: true })],
    hints: [],
    warnings: ['warning_capacity'],
  },
];

function chooser(): HintChooser {
  let drawn = 0;
  return new HintChooser((length) => sha256(Buffer.from(`${drawn++}`)).subarray(0, length));
}

describe('route hints', () => {
  for (const { title, channels, needed, expose, hints, warnings } of CASES) {
    it(`for ${title}`, () => {
      const amount_msat = needed === undefined ? undefined : msat(needed);
      const chosen = chooser().choose(channels, { amount_msat, expose });
      assert.deepEqual(
        chosen.routes.map(([hop]) => hop.short_channel_id),
        hints,
      );
      assert.deepEqual(Object.keys(chosen.warnings), warnings);
    });
  }

  it('fail when every channel that was named is unfit', () => {
    const channels = [channel('1x1x1', 9, offline), channel('2x1x1', 9)];
    assert.throws(() => chooser().choose(channels, { expose: scids('1x1x1', '5x5x5') }), {
      error: 'INVOICE_HINTS_GAVE_NO_ROUTES',
      message: 'None of those hints were suitable local channels',
    });
  });

  it('of unannounced channels take turns', () => {
    const channels = ['1x1x1', '2x1x1', '3x1x1'].map((id) => channel(id, 100, hidden));
    const one = chooser();
    const turns = Array.from({ length: 6 }, () => one.choose(channels, { amount_msat: msat(100), expose: undefined }));
    assert.deepEqual(
      turns.map(({ routes }) => routes[0]?.[0].short_channel_id),
      ['1x1x1', '2x1x1', '3x1x1', '1x1x1', '2x1x1', '3x1x1'],
    );
  });

  it('no more than a QR code holds', () => {
    const channels = Array.from({ length: 100 }, (_, index) => channel(`${index}x1x1`, 100 + index, hidden));
    const { routes } = chooser().choose(channels, { expose: undefined });
    assert.equal(routes.length, 40);
    assert.equal(routes[0]?.[0].short_channel_id, '99x1x1');
  });

  it('let every payer pay who could, and warn of nothing else', () => {
    const one = chooser();
    const candidate = fc.record({
      announced: fc.boolean(),
      online: fc.boolean(),
      dead: fc.boolean(),
      room: fc.nat(100),
    });
    const exposed = fc.constantFrom(true, false, undefined);
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 8 }),
        fc.integer({ min: 1, max: 250 }),
        exposed,
        (all, needed, expose) => {
          const channels = all.map(({ announced, online, dead, room }, index) =>
            channel(`${index}x1x1`, room, { announced, online, ...(dead ? deadend : {}) }),
          );
          const { routes, warnings } = one.choose(channels, { amount_msat: msat(needed), expose });
          const hints = routes.map(([hop]) => hop.short_channel_id);
          const rooms = (of: (each: HintCandidate) => boolean): number[] =>
            channels
              .filter((each) => each.online && each.peer_incoming_msat > 0n && of(each))
              .map((each) => Number(each.receivable_msat));
          // The payer sees announced channels and hints; the best it could have is what the caller lets it see.
          const seen = rooms(
            ({ announced, short_channel_id }) =>
              announced || hints.includes(short_channel_id ?? ('' as ShortChannelId)),
          );
          const best = rooms(({ announced }) => announced || expose !== false);
          const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);
          assert.equal(total(seen) >= needed, total(best) >= needed, 'in parts');
          assert.equal(
            seen.some((each) => each >= needed),
            best.some((each) => each >= needed),
            'in one part',
          );
          const lacks = Object.keys(warnings).some((name) => name !== 'warning_mpp');
          assert.equal(lacks, total(best) < needed);
          if (warnings.warning_mpp !== undefined) assert.ok(best.every((each) => each < needed));
          if (expose === false)
            assert.ok(
              channels.every((each) => each.announced || !hints.includes(each.short_channel_id as ShortChannelId)),
            );
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
  });

  it('suffice from the amount on, in parts too; for any amount one msat is enough', () => {
    const channels = [channel('1x1x1', 60), channel('2x1x1', 40), channel('3x1x1', 900, hidden)];
    const suffice = (amount: number | undefined, rooms = channels) =>
      chooser().suffice(rooms, { amount_msat: amount === undefined ? undefined : msat(amount), expose: false });
    assert.deepEqual(
      [100, 101].map((amount) => suffice(amount)),
      [true, false],
    );
    assert.equal(suffice(undefined, [channel('1x1x1', 1)]), true);
    assert.equal(suffice(undefined, [channel('1x1x1', 0)]), false);
  });

  it('for any amount name nothing unannounced where an announced channel has one msat', () => {
    const hintsBeside = (room: number) =>
      chooser()
        .choose([channel('1x1x1', room), channel('2x1x1', 900, hidden)], { expose: undefined })
        .routes.map(([hop]) => hop.short_channel_id);
    assert.deepEqual(hintsBeside(1), ['1x1x1']);
    assert.deepEqual(hintsBeside(0), ['2x1x1']);
  });

  it('of announced channels are drawn from all that suffice, also one that just does', () => {
    const channels = [channel('1x1x1', 100), channel('2x1x1', 102)];
    const one = chooser();
    const drawn = Array.from({ length: 1000 }, () => {
      const { routes } = one.choose(channels, { amount_msat: msat(100), expose: undefined });
      return routes[0]?.[0].short_channel_id;
    });
    // Weights 1 and 3: five standard deviations are 69.
    const just = drawn.filter((id) => id === '1x1x1').length;
    assert.ok(Math.abs(just - 250) < 69, `drawn ${just} times`);
  });

  it('of announced channels are drawn, the roomier the likelier', () => {
    const channels = [channel('1x1x1', 109), channel('2x1x1', 189), channel('3x1x1', 99)];
    const one = chooser();
    const counts = new Map<string, number>();
    for (let round = 0; round < 1000; round++) {
      const { routes } = one.choose(channels, { amount_msat: msat(100), expose: undefined });
      const id = routes[0]?.[0].short_channel_id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // Weights 10 and 90: a thousand draws stay within five standard deviations of a hundred.
    assert.equal(counts.get('3x1x1'), undefined);
    assert.ok(Math.abs((counts.get('1x1x1') ?? 0) - 100) < 50, `drawn ${counts.get('1x1x1')} times`);
  });
});
