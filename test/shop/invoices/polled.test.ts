import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolledInvoices } from '../../../src/shop/invoices/polled.ts';
import { type Fixture, idle, openFixture } from './fixture.ts';

/** A standby beside a node that works: they share the database and nothing else. */
function made(): { active: Fixture; standby: PolledInvoices; pass: () => Promise<void> } {
  const active = openFixture();
  const standby = new PolledInvoices(active.options);
  /** Time for a look; what it reads has been read, and the next look is waited for. */
  const pass = async (): Promise<void> => {
    active.clock.advance(200);
    await idle(active);
  };
  return { active, standby, pass };
}

const never = new AbortController().signal;

describe('invoices on a standby', () => {
  it('a payment that another node took is told to who waits for it, and the next one to who waits for that', async () => {
    const { active, standby, pass } = made();
    await active.create('coffee');
    await active.create('tea');
    let heard: readonly number[] = [];
    const first = standby.waitForPayment(0n, undefined, never).then((paid) => {
      heard = [...heard, paid.pay_index];
    });
    await pass();
    assert.deepEqual(heard, []);
    await active.pay('tea');
    await pass();
    await first;
    const second = standby.waitForPayment(1n, undefined, never);
    await active.pay('coffee');
    await pass();
    assert.deepEqual([...heard, (await second).label], [1, 'coffee']);
    await active.close();
  });

  it('who waits from above the last payment gets the next one', async () => {
    const { active, standby, pass } = made();
    await active.create('coffee');
    const next = standby.waitForPayment(99n, undefined, never);
    await pass();
    await active.pay('coffee');
    await pass();
    assert.equal((await next).pay_index, 1);
    await active.close();
  });

  it('waiting ends with the time given, and with the client', async () => {
    const { active, standby, pass } = made();
    const timed = assert.rejects(standby.waitForPayment(0n, 1n, never), { error: 'INVOICE_WAIT_TIMED_OUT' });
    const gone = new AbortController();
    const left = assert.rejects(standby.waitForPayment(0n, undefined, gone.signal), /the client is gone/);
    await pass();
    gone.abort(new Error('the client is gone'));
    await left;
    for (let look = 0; look < 6; look++) await pass();
    await timed;
    await active.close();
  });

  it('waitinvoice hears that the invoice expired, or was deleted', async () => {
    const { active, standby, pass } = made();
    for (const label of ['coffee', 'tea']) await active.create(label, { expiry: 10n });
    const [coffee, tea] = ['coffee', 'tea'].map((label) => standby.waitForInvoice(label, never));
    const gone = assert.rejects(tea as Promise<unknown>, {
      error: 'LIGHTNINGD',
      message: 'Invoice deleted during wait',
    });
    await pass();
    await active.invoices.remove('tea', 'unpaid');
    await pass();
    await gone;
    active.clock.advance(10_000);
    await idle(active);
    const { kind, invoice } = (await coffee) ?? {};
    assert.deepEqual([kind, invoice?.status], ['expired', 'expired']);
    await active.close();
  });

  it('waiting for a payment looks until the moment that was given, and not beyond', async () => {
    const { active, standby, pass } = made();
    await active.create('coffee');
    const over: string[] = [];
    const waiting = standby.waitForPayment(0n, 1n, never).catch(({ error }: { error: string }) => over.push(error));
    await idle(active);
    for (let look = 0; look < 4; look++) await pass();
    assert.deepEqual(over, []);
    await pass();
    await waiting;
    assert.deepEqual(over, ['INVOICE_WAIT_TIMED_OUT']);
    const late = standby.waitForPayment(0n, 1n, never);
    await idle(active);
    for (let look = 0; look < 4; look++) await pass();
    await active.pay('coffee');
    await pass();
    assert.equal((await late).pay_index, 1);
    await active.close();
  });

  it('waitinvoice hears of the payment of its label, and of a label that nobody has', async () => {
    const { active, standby, pass } = made();
    await assert.rejects(standby.waitForInvoice('coffee', never), /Label not found/);
    await active.create('coffee');
    const waiting = standby.waitForInvoice('coffee', never);
    await pass();
    await active.pay('coffee');
    await pass();
    assert.equal((await waiting).kind, 'paid');
    await active.close();
  });
});
