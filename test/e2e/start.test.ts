import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { commands } from '../../src/api/commands/index.ts';
import { OWN_COMMAND_NAMES } from '../../src/app/cli/own-commands.ts';
import { newDirectory, PROGRAM, run, TillNode, till } from './till.ts';

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

async function idOf(node: TillNode): Promise<string> {
  const client = await node.connect();
  const { id } = await client.call('getinfo', {});
  client.close();
  return id;
}

/** Resolves when the process of the node at the socket has ended. */
async function gone(rpc_file: string, pid: number): Promise<void> {
  const socket = connect(rpc_file);
  // The node hangs up on this client as it ends.
  socket.on('error', () => {});
  await once(socket, 'close');
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that nobody has waited for yet is dead all the same.
  return statOf(pid)?.[0] !== 'Z';
}

/** What Linux tells of a process, from its state on; undefined on other systems. */
function statOf(pid: number): string[] | undefined {
  if (!existsSync(`/proc/${pid}/stat`)) return undefined;
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
}

describe('till start', { concurrency: 3 }, () => {
  it('refuses what it does not understand: where it stands, what was meant, and the code 3', async () => {
    const dir = newDirectory();
    writeFileSync(join(dir, 'config'), '# my shop\nalias=shop\n\nlog-levle=debug\n');
    const wrong = await till(dir, 'start');
    assert.deepEqual([wrong.code, wrong.stdout], [3, '']);
    assert.match(wrong.stderr, /^till: .*\/config:4: there is no option log-levle; did you mean --log-level\?\n$/);
    const nowhere = await till(newDirectory(), 'start', '--log-file=/nowhere/log');
    assert.deepEqual(
      [nowhere.code, nowhere.stderr],
      [3, 'till: the log file /nowhere/log cannot be written (ENOENT)\n'],
    );
  });

  it('takes its options from config files, and tells where each came from', async () => {
    const dir = newDirectory();
    mkdirSync(join(dir, 'regtest'));
    writeFileSync(join(dir, 'config'), 'alias=general\nrpc-file-mode=0660\ncltv-final=21\n');
    writeFileSync(join(dir, 'regtest', 'config'), 'alias=own\n');
    const node = await TillNode.start(dir, { args: ['--rgb=c0ffee'] });
    const client = await node.connect();
    const info = await client.call('getinfo', {});
    assert.deepEqual([info.alias, info.color], ['own', 'c0ffee']);
    const { configs } = (await client.callAny('listconfigs', {})) as { configs: Record<string, { source: string }> };
    assert.deepEqual(
      ['alias', 'cltv-final', 'rgb', 'network'].map((name) => configs[name]?.source),
      [`${join(dir, 'regtest', 'config')}:1`, `${join(dir, 'config')}:3`, 'cmdline', 'default'],
    );
    const { bolt11 } = await client.call('invoice', { amount_msat: 1, label: 'x', description: 'x' });
    const decoded = (await client.callAny('decode', { string: bolt11 })) as { min_final_cltv_expiry: number };
    assert.equal(decoded.min_final_cltv_expiry, 21);
    client.close();
    assert.equal(modeOf(node.rpc_file), 0o660);
    const { code, stderr } = await node.stop();
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(existsSync(node.rpc_file), false);
  });

  it('cleans old invoices as its options say, by the names of Core Lightning', async () => {
    const dir = newDirectory();
    writeFileSync(join(dir, 'config'), 'autoclean-cycle=1\nautoclean-expiredinvoices-age=1\n');
    const node = await TillNode.start(dir, { args: ['--autoclean-paidinvoices-age=2592000'] });
    const client = await node.connect();
    const status = async () => (await client.call('autoclean-status', {})).autoclean;
    assert.deepEqual(await status(), {
      expiredinvoices: { enabled: true, age: 1, cleaned: 0 },
      paidinvoices: { enabled: true, age: 2_592_000, cleaned: 0 },
    });
    const gone = client.call('wait', { subsystem: 'invoices', indexname: 'deleted', nextvalue: 1 });
    await client.call('invoice', { amount_msat: 1, label: 'x', description: 'x', expiry: 1 });
    assert.equal((await gone).invoices?.label, 'x');
    // What the command switches off is its own: the paid ones stay as the options have them.
    await client.call('autocleaninvoice', { cycle_seconds: 0 });
    const { expiredinvoices, paidinvoices } = await status();
    assert.deepEqual([expiredinvoices?.enabled, paidinvoices?.enabled], [false, true]);
    client.close();
    await node.stop();
  });

  it('writes files that only their owner reads, shows the seed once, and is the same node again', async () => {
    const dir = newDirectory();
    const missing = await till(dir, 'seed');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /no seed .* yet/);
    const node = await TillNode.start(dir);
    const id = await idOf(node);
    for (const name of ['seed', 'till.sqlite3', 'till.lock', 'lightning-rpc']) {
      assert.equal(modeOf(join(dir, 'regtest', name)), 0o600, name);
    }
    assert.match(
      readFileSync(join(dir, 'log'), 'utf8'),
      /UNUSUAL Seed not backed up yet: run `till seed` and write it down/,
    );
    await node.stop();

    const first = await till(dir, 'seed');
    assert.equal(first.code, 0);
    assert.match(first.stdout, /^([a-z]+ ){23}[a-z]+\n$/);
    const second = await till(dir, 'seed');
    assert.deepEqual([second.code, second.stdout], [1, '']);
    assert.equal((await till(dir, 'seed', '--again')).stdout, first.stdout);

    const passphrase = join(dir, 'passphrase');
    writeFileSync(passphrase, 'correct horse\n');
    const other = await TillNode.start(newCopy(first.stdout), { args: [`--passphrase-file=${passphrase}`] });
    assert.notEqual(await idOf(other), id);
    await other.stop();
    const restored = await TillNode.start(newCopy(first.stdout));
    assert.equal(await idOf(restored), id);
    await restored.stop();
    assert.doesNotMatch(readFileSync(join(dir, 'log'), 'utf8'), new RegExp(first.stdout.split(' ', 3).join(' ')));
  });

  it('is refused with other words or another passphrase than its database was written with', async () => {
    const dir = newDirectory();
    const passphrase = join(dir, 'passphrase');
    writeFileSync(passphrase, 'correct horse\n');
    const args = [`--passphrase-file=${passphrase}`];
    const node = await TillNode.start(dir, { args });
    const id = await idOf(node);
    await node.stop();
    const before = readdirSync(join(dir, 'regtest'));

    const forgotten = await till(dir, 'start');
    assert.equal(forgotten.code, 1);
    assert.match(forgotten.stderr, new RegExp(`the database is that of node ${id}, .* passphrase-file`));
    const seed = join(dir, 'regtest', 'seed');
    renameSync(seed, join(dir, 'aside'));
    const lost = await till(dir, 'start', ...args);
    assert.equal(lost.code, 1);
    assert.match(lost.stderr, new RegExp(`the database is that of node ${id}, and .*/regtest/seed is gone`));
    assert.equal(existsSync(seed), false);
    renameSync(join(dir, 'aside'), seed);

    const files = (names: readonly string[]) => names.filter((name) => !name.startsWith('till.')).toSorted();
    assert.deepEqual(files(readdirSync(join(dir, 'regtest'))), files(before));
    const again = await TillNode.start(dir, { args });
    assert.equal(await idOf(again), id);
    await again.stop();
  });

  it('is refused where another node is running, which notices nothing', async () => {
    const dir = newDirectory();
    const node = await TillNode.start(dir);
    const { code, stderr } = await till(dir, 'start');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^till: another till is running on .*\/regtest: stop it, or give this one a --lightning-dir\n$/,
    );
    const elsewhere = await till(newDirectory(), 'start', `--rpc-file=${node.rpc_file}`);
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /^till: rpc-file: another program answers at .*: stop it, or name another file\n$/);
    await idOf(node);
    const { code: stopped } = await node.till('stop');
    assert.equal(stopped, 0);
    assert.equal((await node.ended).code, 0);
  });

  it('ends when it fails half-way, though it listens for peers already', async () => {
    const { code, stderr } = await till(newDirectory(), 'start', '--addr=127.0.0.1:0', '--addr=127.0.0.1:99999');
    assert.deepEqual([code, stderr], [1, 'till: addr: an address is HOST:PORT\n']);
  });

  it('says in words why it cannot listen for peers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const refused = await till(newDirectory(), 'start', `--addr=127.0.0.1:${port}`);
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr,
      `till: addr: cannot listen for peers at 127.0.0.1:${port}: another program listens there, perhaps another node: ` +
        'stop it, or name another port\n',
    );
    const web = await till(newDirectory(), 'start', `--api-bind=127.0.0.1:${port}`);
    assert.match(web.stderr, /^till: cannot listen for HTTP at 127\.0\.0\.1:\d+: another program listens there/);
    server.close();
    const strange = await till(newDirectory(), 'start', '--addr=192.0.2.1:9735');
    assert.match(
      strange.stderr,
      /cannot listen for peers at 192\.0\.2\.1:9735: this machine does not have that address/,
    );
  });

  it('says where libsecp256k1 has no binary: in the log, in getinfo, and what to do', async () => {
    const dir = newDirectory();
    const without = join(dir, 'without.cjs');
    writeFileSync(
      without,
      `const Module = require('node:module'); const load = Module._load;
       Module._load = (id, ...rest) => { if (id === 'secp256k1/bindings') throw new Error('no binary'); return load(id, ...rest); };`,
    );
    const node = await TillNode.start(dir, { env: { NODE_OPTIONS: `-r ${without}` } });
    const slow = JSON.parse((await node.till('getinfo')).stdout) as { warning_libsecp256k1?: string };
    const invoice = await node.till('invoice', '1000', 'slow', 'x');
    assert.equal(invoice.code, 0);
    await node.stop();
    const place = `${process.platform}-${process.arch}`;
    assert.match(slow.warning_libsecp256k1 ?? '', new RegExp(`no binary for this machine \\(${place}\\).*npm rebuild`));
    assert.match(readFileSync(join(dir, 'log'), 'utf8'), /^\S+ UNUSUAL libsecp256k1 has no binary for this machine/);
    const again = await TillNode.start(dir);
    assert.equal(JSON.parse((await again.till('getinfo')).stdout).warning_libsecp256k1, undefined);
    await again.stop();
    assert.equal(readFileSync(join(dir, 'log'), 'utf8').match(/UNUSUAL libsecp256k1/g)?.length, 1);
  });

  it('goes to the background with --daemon, and says there why it cannot', async () => {
    const dir = newDirectory();
    const log = join(dir, 'log');
    const args = ['start', '--daemon', `--log-file=${log}`, `--pid-file=${join(dir, 'pid')}`];
    const { code, stdout, stderr } = await till(dir, ...args);
    assert.deepEqual([code, stderr], [0, '']);
    const pid = Number.parseInt(readFileSync(join(dir, 'pid'), 'utf8'), 10);
    const rpc_file = join(dir, 'regtest', 'lightning-rpc');
    assert.equal(
      stdout,
      `till runs as process ${pid}, commands at ${rpc_file}\nblocks come from the embedded chain of this node alone ` +
        '(for a bitcoind: --chain=bitcoind), best block 0\n',
    );
    // In a session of its own: no terminal that is closed can end it.
    const session = statOf(pid)?.[3];
    if (session !== undefined) assert.equal(Number(session), pid);
    const again = await till(dir, ...args);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^till: it did not start: another till is running/);
    const ended = gone(rpc_file, pid);
    assert.equal((await till(dir, 'stop')).code, 0);
    await ended;
    assert.equal(existsSync(join(dir, 'pid')), false);
    assert.match(readFileSync(log, 'utf8'), /is up on regtest.*\n.*INFO +stopped\n$/s);
  });

  it('stops in good order on a signal, while clients wait', async () => {
    const dir = newDirectory();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const node = await TillNode.start(dir, { args: ['--log-file=-'] });
      const client = await node.connect();
      const waiting = client.call('waitanyinvoice', {});
      const rejected = assert.rejects(waiting, { code: -5, message: 'The node is stopping' });
      await client.call('getinfo', {});
      assert.equal((await node.kill(signal)).code, 0);
      await rejected;
    }
    assert.equal(existsSync('-'), false, 'as in Core Lightning, a dash is standard output');
  });

  it('with a log file goes on at SIGHUP, which says that the file was moved away', async () => {
    const dir = newDirectory();
    const node = await TillNode.start(dir);
    const log = join(dir, 'log');
    renameSync(log, `${log}.1`);
    process.kill(node.pid, 'SIGHUP');
    process.kill(node.pid, 'SIGHUP');
    assert.equal((await node.till('getinfo')).code, 0);
    assert.equal((await node.stop()).code, 0);
    assert.match(readFileSync(log, 'utf8'), /INFO +stopped\n$/);
  });
});

describe('the installed command', { concurrency: 3 }, () => {
  const door = join(dirname(PROGRAM), 'till.js');

  it('hands over to the program', async () => {
    const { code, stdout } = await run(process.execPath, [door, '--version'], process.env);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it('says in a line that Node is too old', async () => {
    // As installed: the door alone, no source beside it.
    const dir = newDirectory();
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    writeFileSync(join(dir, 'bin', 'till.js'), readFileSync(door));
    symlinkSync(join(dir, 'bin', 'till.js'), join(dir, 'till'));
    const old = join(dir, 'old.cjs');
    writeFileSync(old, `Object.defineProperty(process.versions, 'node', { value: '20.19.4' });`);
    const { code, stdout, stderr } = await run(
      process.execPath,
      ['-r', old, join(dir, 'till'), 'getinfo'],
      process.env,
    );
    assert.deepEqual([code, stdout], [3, '']);
    assert.equal(stderr, 'till: Node 24 or newer is needed; this is Node 20.19.4. See https://nodejs.org\n');
  });

  it('says in a checkout without its packages how to install them', async () => {
    const dir = newDirectory();
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    for (const file of ['till.js', 'till.ts']) {
      writeFileSync(join(dir, 'bin', file), readFileSync(join(dirname(PROGRAM), file)));
    }
    const { code, stderr } = await run(process.execPath, [join(dir, 'bin', 'till.js'), 'getinfo'], process.env);
    assert.equal(code, 3);
    assert.equal(stderr, `till: the packages of the checkout are not installed yet: run  npm ci  in ${dir}\n`);
  });

  it('in a checkout hands signals over to the Node that the repository brings, and ends after it', async () => {
    const dir = newDirectory();
    const old = join(dir, 'old.cjs');
    writeFileSync(old, `Object.defineProperty(process.versions, 'node', { value: '20.19.4' });`);
    const node = spawn(process.execPath, ['-r', old, door, 'start', `--lightning-dir=${dir}`], { stdio: 'pipe' });
    let log = '';
    for await (const text of node.stdout.setEncoding('utf8')) {
      log += text;
      if (log.includes(' is up on ')) break;
    }
    node.kill('SIGTERM');
    const [code] = await once(node, 'exit');
    const isLeft = existsSync(join(dir, 'regtest', 'lightning-rpc'));
    if (isLeft) await till(dir, 'stop');
    assert.deepEqual([code, isLeft], [0, false]);
  });

  it('completes names in a shell', async () => {
    const empty = newDirectory();
    const { stdout } = await till(empty, 'completion', 'bash');
    const complete = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _till; echo "\${COMPREPLY[@]}"`;
    const completed = async (...words: string[]): Promise<string> =>
      (await run('bash', ['-c', complete, 'bash', 'till', ...words], process.env)).stdout.trim();
    assert.equal(await completed('waitinv'), 'waitinvoice');
    assert.equal(await completed('help', 'waitany'), 'waitanyinvoice');
    assert.equal(await completed('start', '--rpc-file-'), '--rpc-file-mode');
    assert.equal(await completed('--lightning-dir=x', '-k', 'createinv'), 'createinvoice');
    assert.equal((await completed('')).split(' ').length, commands.length + OWN_COMMAND_NAMES.length);
    for (const shell of ['zsh', 'fish']) assert.match((await till(empty, 'completion', shell)).stdout, /listinvoices/);
    assert.equal((await till(empty, 'completion', 'tcsh')).code, 3);
  });
});

/** A directory with these words in its seed file, as after a restore from paper: the file comes with any mode. */
function newCopy(words: string): string {
  const dir = newDirectory();
  mkdirSync(join(dir, 'regtest'));
  writeFileSync(join(dir, 'regtest', 'seed'), words, { mode: 0o644 });
  return dir;
}
