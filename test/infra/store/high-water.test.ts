import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { COMMITS_FILE, HighWater } from '../../../src/infra/store/high-water.ts';

describe('the number of the last commit outside the database', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'till-commits-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is there after a process that was killed: it is written before anything is said', () => {
    const first = HighWater.open(directory, '7:1');
    assert.equal(first.number, 0n);
    first.raise(41n);
    first.raise(42n);
    // Not closed.
    assert.equal(HighWater.open(directory, '7:1').number, 42n);
    first.close();
  });

  it('never goes back', () => {
    const water = HighWater.open(directory, '7:1');
    water.raise(42n);
    water.raise(41n);
    assert.equal(water.number, 42n);
    water.close();
    assert.equal(HighWater.open(directory, '7:1').number, 42n);
  });

  it('says nothing about another database', () => {
    for (const other of ['8:1', '1', 'x-7:1']) {
      const water = HighWater.open(directory, '7:1');
      water.raise(42n);
      water.close();
      assert.equal(HighWater.open(directory, other).number, 0n, other);
    }
  });

  it('counts for the same database on another server, as earlier versions wrote it', () => {
    const water = HighWater.open(directory, 'postgres-1-2-public-7f-9a');
    water.raise(42n);
    water.close();
    assert.equal(HighWater.read(directory, 'postgres-7f-9a'), 42n);
    for (const other of ['postgres-9b', 'sqlite-7f-9a']) assert.equal(HighWater.read(directory, other), 0n);
  });

  it('is refused when it is damaged, with what to do', () => {
    const water = HighWater.open(directory, '7:1');
    water.raise(42n);
    water.close();
    const path = join(directory, COMMITS_FILE);
    writeFileSync(path, readFileSync(path, 'latin1').replace('42 ', '43 '));
    assert.throws(() => HighWater.open(directory, '7:1'), /damaged.*--copied-database=latest/);
  });
});
