/**
 * Core Lightning's words about payments: the questions of `test/app/daemon/payment-words/questions.ts`, asked anew. Its answers are
 * those that `test/data/payment-words.json` has, or `TILL_RECORD=1` writes them there.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import { askAll } from '../app/daemon/payment-words/questions.ts';
import { bitcoindMissing } from '../support/bitcoind.ts';
import { coreLightning, createWithDeprecated } from './daemons/core-lightning.ts';
import { until } from './daemons/daemon-process.ts';
import { World } from './daemons/world.ts';

const FILE = join(import.meta.dirname, '../data/payment-words.json');
const skip = bitcoindMissing ?? coreLightning.missing ?? false;

test('Core Lightning answers questions about payments as it did', { skip, timeout: 900_000 }, async (t) => {
  const world = await World.open(t);
  const kind = { ...coreLightning, create: createWithDeprecated };
  const { daemon: payer } = await world.daemon(kind, 'payer');
  const { daemon: payee } = await world.daemon(kind, 'payee');
  await world.fillWallets(payer);
  await payer.connect(payee.node_id, payee.port);
  const txid = await payer.open(payee.node_id, payee.port, { amount_sat: 1_000_000n });
  await world.untilInMempool(txid);
  await world.mine(6);
  const [payer_client, payee_client] = await Promise.all(
    ['payer', 'payee'].map((name) => connectToNode(join(world.dir, name, 'regtest', 'lightning-rpc'))),
  );
  assert(payer_client !== undefined && payee_client !== undefined);
  t.after(() => {
    payer_client.close();
    payee_client.close();
  });
  let short_channel_id = '';
  await until('the channel can be used and is public', async () => {
    const { channels } = (await payer_client.callAny('listpeerchannels', {})) as unknown as {
      channels: { state: string; short_channel_id?: string }[];
    };
    short_channel_id = channels.find(({ state }) => state === 'CHANNELD_NORMAL')?.short_channel_id ?? '';
    return short_channel_id !== '' && (await payer.knowsChannel?.(short_channel_id)) === true;
  });
  const { version } = (await payer_client.callAny('getinfo', {})) as unknown as { version: string };
  const answers = await askAll({
    payer: payer_client,
    payee: payee_client,
    payer_id: payer.node_id,
    payee_id: payee.node_id,
    short_channel_id,
  });
  if (process.env.TILL_RECORD !== undefined) {
    writeFileSync(FILE, `${JSON.stringify({ node: `Core Lightning ${version}`, answers }, null, 2)}\n`);
    return;
  }
  assert.deepEqual(answers, (JSON.parse(readFileSync(FILE, 'utf8')) as { answers: object }).answers);
});
