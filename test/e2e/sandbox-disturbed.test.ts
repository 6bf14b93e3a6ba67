/** `till sandbox` where not all goes as planned: stopped halfway, started twice, left by a node, played until it is empty. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Box, processesOf, SHOWS_PROCESSES, untilGone } from './sandbox.ts';
import { newDirectory, run, till } from './till.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Types a command in the folder of the repository. */
async function type(command: string): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run('sh', ['-c', `cd '${ROOT}' && ${command}`], process.env);
  assert.equal(code, 0, `${command}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function ask(dir: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await till(dir, `--lightning-dir=${dir}`, ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Nothing of it is left but its files. */
async function assertGone(dir: string): Promise<void> {
  await untilGone(dir);
  for (const path of ['regtest/lightning-rpc', 'regtest/sandbox-chain', 'customer/regtest/lightning-rpc']) {
    assert.ok(!existsSync(join(dir, path)), path);
  }
}

test('the commands that it prints work as they stand, also where a name has spaces and quotes', TIMEOUT, async () => {
  const dir = join(newDirectory(), "Ann's shop");
  const box = await Box.start(dir);
  const [invoice, pay, list, help, ...more] = box.commands as [string, string, string, string];
  assert.deepEqual(more, []);
  const { bolt11 } = await type(invoice);
  assert.equal((await type(pay.replace('BOLT11', bolt11 as string))).status, 'complete');
  const { invoices } = (await type(list)) as { invoices: { label: string; status: string }[] };
  assert.deepEqual(invoices.map(({ label, status }) => [label, status]).at(-1), ['coffee', 'paid']);
  const { stdout } = await run('sh', ['-c', `cd '${ROOT}' && ${help}`], process.env);
  assert.match(stdout, /listinvoices/);
  assert.equal(await box.kill('SIGTERM'), 0);
  await assertGone(dir);
});

for (const [word, signal] of [
  ['a regtest chain', 'SIGHUP'],
  ['owns 50 BTC', 'SIGTERM'],
  ['funds a channel', 'SIGINT'],
  ['funds a channel', 'SIGKILL'],
  ['the shop asks', 'SIGINT'],
] as const) {
  test(`${signal} when it has said '${word}': it is gone, and goes on from there the next time`, TIMEOUT, async () => {
    const dir = newDirectory();
    const first = await Box.start(dir, word);
    assert.equal(await first.kill(signal), signal === 'SIGKILL' ? null : 0, first.complained);
    if (signal === 'SIGKILL') {
      // Its nodes may have a last word about the chain that they lost.
      await untilGone(dir);
    } else {
      await assertGone(dir);
      assert.equal(first.complained, '');
    }
    const second = await Box.start(dir);
    const fundings = `${first.said}${second.said}`.match(/funds a channel/g);
    assert.equal(fundings?.length, 1);
    assert.equal(((await ask(dir, 'listpeerchannels')).channels as unknown[]).length, 1);
    assert.match(second.said, /the shop's invoice is paid/);
    assert.equal(await second.kill('SIGINT'), 0);
    assert.equal(second.complained, '');
    await assertGone(dir);
  });
}

test('a second one in the same directory says so and ends; the first notices nothing', TIMEOUT, async () => {
  const dir = newDirectory();
  const first = await Box.start(dir);
  const second = new Box(dir);
  assert.equal(await second.ended, 1);
  assert.match(second.complained, /another till is running on .*: stop it, or give this one a --lightning-dir/);
  assert.ok(existsSync(join(dir, 'regtest', 'sandbox-chain')));
  const { bolt11 } = await ask(dir, 'invoice', '1000', 'tea', 'tea');
  assert.equal((await ask(join(dir, 'customer'), 'pay', bolt11 as string)).status, 'complete');
  assert.equal(await first.kill('SIGINT'), 0);
  await assertGone(dir);
});

test('a customer that has spent its channel gets another the next time', TIMEOUT, async () => {
  const dir = newDirectory();
  const first = await Box.start(dir);
  const { bolt11 } = await ask(dir, 'invoice', '9500000sat', 'car', 'a car');
  assert.equal((await ask(join(dir, 'customer'), 'pay', bolt11 as string)).status, 'complete');
  assert.equal(await first.kill('SIGINT'), 0);
  const second = await Box.start(dir);
  assert.match(second.said, /funds a channel/);
  assert.match(second.said, /the shop's invoice is paid: 250000000 msat, payment number 3/);
  assert.equal(((await ask(dir, 'listpeerchannels')).channels as unknown[]).length, 2);
  assert.equal(await second.kill('SIGINT'), 0);
  await assertGone(dir);
});

test('a node that ends by itself ends the sandbox, which says where to look', {
  ...TIMEOUT,
  skip: !SHOWS_PROCESSES,
}, async () => {
  const dir = newDirectory();
  const box = await Box.start(dir);
  const [shop] = processesOf(dir, '--alias=shop');
  process.kill(shop as number, 'SIGKILL');
  assert.equal(await box.ended, 1);
  assert.ok(box.complained.includes(`the shop has ended; ${join(dir, 'log')} says why`), box.complained);
  await untilGone(dir);
  const again = await Box.start(dir);
  assert.doesNotMatch(again.said, /funds a channel/);
  assert.equal(await again.kill('SIGINT'), 0);
});

test('an option that does not exist is named, and nothing is made', TIMEOUT, async () => {
  const dir = join(newDirectory(), 'new');
  const box = new Box(dir, '--colour=red');
  assert.equal(await box.ended, 3);
  assert.match(box.complained, /colour/);
  assert.ok(!existsSync(dir));
});
