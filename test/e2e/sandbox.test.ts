/** `till sandbox`, as a newcomer has it: a process, what it says, the commands that it names, and what is left of it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TIMEOUT } from '../support/time-limit.ts';
import { Box, processesOf, untilGone } from './sandbox.ts';
import { newDirectory, till } from './till.ts';

async function ask(dir: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await till(dir, `--lightning-dir=${dir}`, ...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const idIn = (text: string, name: string): string | undefined =>
  text.match(new RegExp(`the ${name} is up: +(\\w{66})`))?.[1];

test(
  'from nothing to a paid invoice, on from there by the commands it names, and again after Ctrl-C and after a kill',
  TIMEOUT,
  async () => {
    const dir = newDirectory();
    const customer = join(dir, 'customer');
    const first = await Box.start(dir);
    assert.match(first.said, /funds a channel .*transaction [0-9a-f]{64}/);
    assert.match(first.said, /the shop's invoice is paid: 250000000 msat, payment number 1/);
    assert.ok(processesOf(dir).length === 0 || processesOf(dir).length === 3, 'it, the shop and the customer');

    assert.ok(first.said.includes(`--lightning-dir=${dir} invoice 1000 coffee "1 cup of coffee"`));
    assert.ok(first.said.includes(`--lightning-dir=${customer} pay BOLT11`));
    const { bolt11 } = await ask(dir, 'invoice', '1000', 'coffee', '1 cup of coffee');
    assert.equal((await ask(customer, 'pay', bolt11 as string)).status, 'complete');
    const listed = async () => (await ask(dir, 'listinvoices')).invoices as { label: string; status: string }[];
    assert.deepEqual(
      (await listed()).map(({ status }) => status),
      ['paid', 'unpaid', 'paid'],
    );

    // The one that is not paid waits on a page, where the customer pays it by a button.
    const page = /^ {2}(http:\/\/\S+\/i\/[0-9a-f]{32})$/m.exec(first.said)?.[1] as string;
    assert.match(await (await fetch(page)).text(), /Pay as the customer of the sandbox/);
    const pressed = await fetch(`${page}/sandbox-pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(page).origin },
    });
    assert.equal(pressed.url, page);
    assert.match(await pressed.text(), /21,000.sat received/);
    const dashboard = /^ {2}(http:\/\/\S+\/sign-in\?token=\S+)$/m.exec(first.said)?.[1] as string;
    assert.equal((await fetch(dashboard)).status, 200);
    const channelOf = async () =>
      ((await ask(dir, 'listpeerchannels')).channels as { channel_id: string }[])[0]?.channel_id;
    const channel_id = await channelOf();

    assert.equal(await first.kill('SIGINT'), 0);
    await untilGone(dir);
    assert.ok(!existsSync(join(dir, 'regtest', 'lightning-rpc')), 'no socket is left');
    assert.ok(!existsSync(join(customer, 'regtest', 'lightning-rpc')));

    const second = await Box.start(dir);
    assert.doesNotMatch(second.said, /funds a channel/);
    for (const name of ['shop', 'customer']) assert.equal(idIn(second.said, name), idIn(first.said, name));
    assert.equal(await channelOf(), channel_id);
    const before = (await listed()).slice(0, 3);
    assert.ok(before.every(({ status }) => status === 'paid'));

    // Without it nobody holds the chain: the nodes do not stay behind.
    await second.kill('SIGKILL');
    await untilGone(dir);
    const third = await Box.start(dir);
    assert.equal(await channelOf(), channel_id);
    const more = await ask(dir, 'invoice', '2000', 'tea', '1 cup of tea');
    assert.equal((await ask(customer, 'pay', more.bolt11 as string)).status, 'complete');
    assert.equal(await third.kill('SIGINT'), 0);
  },
);
