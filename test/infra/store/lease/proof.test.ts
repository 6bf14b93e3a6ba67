import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../../src/base/types/clock.ts';
import { LeaseProof } from '../../../../src/infra/store/lease/proof.ts';

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function made() {
  const clock = new ManualClock();
  const line = { is_connected: true };
  const groups: { began_ms: number; commit: () => void }[] = [];
  const proof: LeaseProof = new LeaseProof({
    clock,
    lease_ms: 3000,
    isConnected: () => line.is_connected,
    renew() {
      const began_ms = clock.monotonicMs();
      return new Promise((resolve) => {
        groups.push({
          began_ms,
          commit() {
            proof.proved(began_ms);
            resolve();
          },
        });
      });
    },
  });
  return { clock, proof, groups, line };
}

describe('the proof that no other node has taken over', () => {
  it('holds for half the time of the lease from the moment at which the group began', async () => {
    const { clock, proof, groups } = made();
    proof.proved(clock.monotonicMs());
    clock.advance(1499);
    assert.equal(proof.fence(), undefined);
    clock.advance(1);
    const asked = proof.fence();
    assert.ok(asked !== undefined);
    assert.equal(groups.length, 1);
    groups[0]?.commit();
    await asked;
    assert.equal(proof.fence(), undefined);
  });

  it('is void once the connection is lost: whoever takes over ends it first', async () => {
    const { clock, proof, groups, line } = made();
    proof.proved(clock.monotonicMs());
    line.is_connected = false;
    const asked = proof.fence();
    assert.ok(asked !== undefined);
    line.is_connected = true;
    groups[0]?.commit();
    await asked;
    assert.equal(proof.fence(), undefined);
  });

  it('is asked for once by all who want to speak', () => {
    const { proof, groups } = made();
    assert.equal(proof.fence(), proof.fence());
    assert.equal(groups.length, 1);
  });

  it('is not believed when the process was paused while the group was on its way', async () => {
    const { clock, proof, groups } = made();
    let may_speak = false;
    void proof.fence()?.then(() => {
      may_speak = true;
    });
    clock.advance(60_000);
    groups[0]?.commit();
    await turns();
    assert.equal(may_speak, false);
    assert.equal(groups.length, 2, 'another group is asked for');
    groups[1]?.commit();
    await turns();
    assert.equal(may_speak, true);
  });

  it('is renewed six times in the time of the lease, and not while other groups do it', async () => {
    const { clock, proof, groups } = made();
    proof.start();
    for (let renewal = 1; renewal <= 6; renewal++) {
      clock.advance(500);
      groups.at(-1)?.commit();
      await turns();
      assert.equal(groups.length, renewal);
    }
    clock.advance(250);
    proof.proved(clock.monotonicMs());
    clock.advance(250);
    await turns();
    assert.equal(groups.length, 6);
    proof.stop();
    clock.advance(10_000);
    await turns();
    assert.equal(groups.length, 6);
  });
});
