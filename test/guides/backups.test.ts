import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Neighbour } from './neighbour.ts';
import { Reader } from './reader.ts';

test('docs/guide/backups.md', async (t) => {
  const reader = new Reader('backups', [
    ['signet', 'regtest'],
    ['200000', '1'],
    ['/var/backups/till', '$HOME/backups'],
  ]);
  t.after(() => reader.close());
  // The other machine is a directory.
  reader.command('rsync', `cp -a "$2" '${join(reader.home, 'other')}/.till'`);
  reader.command('ssh', `export HOME='${join(reader.home, 'other')}'; shift; exec "$@"`);
  mkdirSync(join(reader.home, 'other'));
  const neighbour = await Neighbour.movesIn(reader);
  t.after(() => neighbour.close());
  const general = readFileSync(join(reader.home, '.till', 'config'), 'utf8');
  const port = await freePort();
  const settle = () => writeFileSync(join(reader.home, '.till', 'config'), `${general}addr=127.0.0.1:${port}\n`);
  settle();

  // A node with a coin, whose words are on paper.
  await reader.outside('till start --daemon --log-file=log');
  const { id } = JSON.parse(await reader.outside('till getinfo'));
  const { p2tr } = JSON.parse(await reader.outside('till newaddr'));
  await neighbour.payTo(reader, p2tr);
  await reader.outside('till seed > words.txt && till stop && mv .till first');

  // The words find the coin.
  await reader.run('mkdir -p ~/.till/signet && cp words.txt ~/.till/signet/seed');
  settle();
  let node = reader.begin('till start --network=signet --rescan=-200000');
  await node.says('is up on regtest');
  assert.equal(JSON.parse(await reader.outside('till getinfo')).id, id);
  await reader.until('till listfunds', (text) => JSON.parse(text).outputs[0]?.address === p2tr);

  // The words and the static backup find a channel.
  await neighbour.opensChannel(reader, id, port, 500_000, 200_000_000);
  await reader.run('till staticbackup > channels.json');
  await reader.outside('till stop && mv .till second && mkdir -p .till/regtest && cp words.txt .till/regtest/seed');
  await reader.outside('cp second/regtest/emergency.recover .till/regtest/');
  settle();
  node = reader.begin('till start --network=signet --rescan=-200000');
  await node.says('is up on regtest');
  const { stubs } = JSON.parse((await reader.run('till emergencyrecover')).stdout);
  assert.equal(stubs.length, 1);
  await reader.run('till recoverchannel "$(jq -c .scb channels.json)"');
  reader.replace('ID@HOST:PORT', `${neighbour.id}@${neighbour.address}`);
  await reader.run('till connect ID@HOST:PORT');
  await neighbour.closesWhatIsAsked();
  await neighbour.mine(reader, 1);
  await reader.until('till listfunds', (text) => JSON.parse(text).sweeps?.[0]?.amount_msat === 200_000_000);

  // The words and one peer find a channel.
  const another = await neighbour.another();
  await another.opensChannel(reader, id, port, 300_000, 100_000_000);
  await reader.outside('till stop && mv .till third && mkdir -p .till/regtest && cp words.txt .till/regtest/seed');
  settle();
  node = reader.begin('till start --network=signet --rescan=-200000');
  await node.says('is up on regtest');
  reader.replace('ID@HOST:PORT', `${another.id}@${another.address}`);
  await reader.run('till connect ID@HOST:PORT');
  await node.says('returned a backup of');
  const returned = JSON.parse((await reader.run('till emergencyrecover')).stdout);
  // The channel with the first neighbour is over, and was when this backup was made.
  assert.equal(returned.stubs.length, 1);

  // The database as it was at the copy.
  mkdirSync(join(reader.home, 'backups'));
  await reader.outside('till invoice 1000 before x');
  await reader.run('till backup /var/backups/till/monday.sqlite3');
  await reader.outside('till invoice 1000 after x');
  await reader.run('till stop');
  await reader.run('mv ~/.till/signet/till.sqlite3 ~/till-that-was.sqlite3');
  await reader.run('cp /var/backups/till/monday.sqlite3 ~/.till/signet/till.sqlite3');
  node = reader.begin('till start --network=signet');
  await node.says('is up on regtest');
  const labels = await reader.outside('till -F listinvoices | grep label=');
  assert.equal(labels, 'invoices[0].label=before\n');

  // Another machine.
  await reader.run('till stop');
  await reader.run('rsync -a ~/.till/ other:.till/ && rm -r ~/.till');
  assert.equal(existsSync(join(reader.home, '.till')), false);
  const moved = reader.begin('ssh other till start --network=signet --copied-database=latest');
  await moved.says(`node ${id} is up on regtest`);
  await moved.end();
  reader.assertAllFollowed();
});
