import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../src/base/types/clock.ts';
import { type LeaseSeen, Stillness } from '../../../../src/infra/store/lease/stillness.ts';

const ROW: LeaseSeen = { epoch: 4n, holder: 'front', commit_number: 70n, is_connected: true };

describe('a standby that looks at the row of the lease', () => {
  const made = () => {
    const clock = new ManualClock();
    const stillness = new Stillness(clock, 3000, 200);
    /** Looks every 200 ms for so long, and answers what it saw last. */
    const look = (row: LeaseSeen, for_ms: number) => {
      let holder = stillness.saw(row);
      for (let passed = 0; passed < for_ms && holder === 'alive'; passed += 200) {
        clock.advance(200);
        holder = stillness.saw(row);
      }
      return holder;
    };
    return { clock, stillness, look };
  };

  it('takes the holder for gone when the row has stood still for the time of the lease, and not before', () => {
    const { look, clock, stillness } = made();
    assert.equal(look(ROW, 2800), 'alive');
    clock.advance(200);
    assert.equal(stillness.saw(ROW), 'gone');
  });

  it('counts again when the row moves, also by a holder that came back with another epoch', () => {
    const { look } = made();
    assert.equal(look(ROW, 2800), 'alive');
    assert.equal(look({ ...ROW, commit_number: 71n }, 2800), 'alive');
    assert.equal(look({ ...ROW, epoch: 5n, commit_number: 71n }, 2800), 'alive');
  });

  it('gives the holder its time again when the standby itself was away, or could not see the row', () => {
    const { look, clock, stillness } = made();
    assert.equal(look(ROW, 2800), 'alive');
    clock.advance(60_000);
    assert.equal(stillness.saw(ROW), 'alive');
    assert.equal(look(ROW, 2600), 'alive');
    assert.equal(look(ROW, 600), 'gone');
  });

  it('gives a holder whose connection is gone two thirds of that time', () => {
    const { look, clock, stillness } = made();
    assert.equal(look(ROW, 400), 'alive');
    const cut: LeaseSeen = { ...ROW, commit_number: 71n, is_connected: false };
    assert.equal(look(cut, 1800), 'alive');
    assert.equal(stillness.due_in_ms, 200);
    clock.advance(200);
    assert.equal(stillness.saw(cut), 'gone');
  });

  it('counts from when the row moved last, however late the connection goes', () => {
    const { look, clock, stillness } = made();
    assert.equal(look(ROW, 2600), 'alive');
    clock.advance(200);
    assert.equal(stillness.saw({ ...ROW, is_connected: false }), 'gone');
  });

  it('gives a holder all of its time that has connected again, and one whose connection it cannot see', () => {
    const { look } = made();
    assert.equal(look(ROW, 400), 'alive');
    assert.equal(look({ ...ROW, is_connected: false }, 1000), 'alive');
    const hidden: LeaseSeen = { ...ROW, epoch: 5n, is_connected: false };
    assert.equal(look(hidden, 2800), 'alive');
    assert.equal(look(hidden, 200), 'gone');
  });

  it('knows at once that a holder has let go', () => {
    const { stillness } = made();
    assert.equal(stillness.saw({ ...ROW, holder: '' }), 'released');
  });

  it('remembers the highest commit, also when the database goes back', () => {
    const { stillness } = made();
    stillness.saw(ROW);
    stillness.saw({ ...ROW, commit_number: 50n });
    assert.equal(stillness.highest_commit, 70n);
  });
});
