import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { newDirectory, run, TillNode, till, tillCommand } from './till.ts';

const dir = newDirectory();
/** How a terminal is told these two colours. */
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m';
let node: TillNode;
/** Runs a shell command in a pseudo-terminal of the given width; answers what a person would see, and the exit code. */
async function atTerminal(
  t: TestContext,
  command: string,
  columns = 200,
): Promise<{ text: string; code: number | null } | undefined> {
  const wide = `stty cols ${columns}; ${command}`;
  const { code, stdout, stderr } = await run('script', ['-qec', wide, '/dev/null'], {
    ...process.env,
    NO_COLOR: '',
    TERM: 'xterm',
    TILL_DIR: dir,
  }).catch((error: NodeJS.ErrnoException) => ({ code: null, stdout: '', stderr: error.message }));
  if (code === null) {
    t.skip(`there is no script(1) that makes a pseudo-terminal: ${stderr}`);
    return undefined;
  }
  return { text: stdout.replaceAll('\r\n', '\n'), code };
}

describe('the command line, with a node', { concurrency: 3 }, () => {
  before(async () => {
    node = await TillNode.start(dir);
  });
  after(() => node.stop());

  it('prints the result as JSON and ends with 0', async () => {
    const { code, stdout, stderr } = await node.till('invoice', '1000', 'coffee', '1 cup of coffee');
    assert.deepEqual([code, stderr], [0, '']);
    const { bolt11, payment_hash } = JSON.parse(stdout) as { bolt11: string; payment_hash: string };
    const decoded = decodeInvoice(bolt11);
    assert.deepEqual(
      [decoded.payment_hash, decoded.amount_msat, decoded.description],
      [payment_hash, 1000n, '1 cup of coffee'],
    );
    assert.match(stdout, /^\{\n {3}"payment_hash": "/);
  });

  it('prints an error of the node on standard output, as lightning-cli does, and ends with 1', async () => {
    const { code, stdout } = await node.till('invoice', '1000', '', 'no label', 'soon');
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(stdout), {
      code: -32602,
      message: 'expiry: should be an unsigned 64 bit integer: invalid token \'"soon"\'',
    });
  });

  it('tells its version and its help wherever they are asked for, without a node', async () => {
    const empty = newDirectory();
    const at = async (...args: string[]) => {
      const { code, stdout } = await till(empty, ...args);
      return [code, stdout.split('\n', 1)[0]];
    };
    const usage = 'till: a Lightning node whose one job is to accept payments';
    assert.match(String((await at('--network=signet', '--version'))[1]), /^\d+\.\d+\.\d+$/);
    assert.deepEqual(await at('--network=signet', '--help'), [0, usage]);
    assert.deepEqual(await at('sandbox', '--help'), [0, 'till sandbox [--jit | --postgres] [--lightning-dir=DIR]']);
    for (const own of ['start', 'sandbox', 'seed', 'completion']) {
      assert.deepEqual(await at('help', own), [0, `# ${own}`]);
      assert.match(String((await at(own, '--help'))[1]), new RegExp(`^till ${own} `));
    }
    assert.deepEqual(await at('help', 'till'), [0, '# till']);
    assert.deepEqual(await at('--network', 'signet', 'invoice', '-h'), [0, '# invoice']);
    assert.deepEqual(await at('nothing', '--help'), [0, usage]);
    // Behind -- it is a parameter.
    assert.equal((await at('listinvoices', '--', '--help'))[0], 2);
  });

  it('ends with 2 when no node answers, and says what to do', async () => {
    const empty = newDirectory();
    const nothing = await till(empty, 'getinfo');
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(nothing.stderr, /^till: no node answers at .*: nothing is there; start a node with: till start\n$/);
    const file = join(empty, 'file');
    writeFileSync(file, '');
    const refused = await till(empty, `--rpc-file=${file}`, 'getinfo');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /has ended; start it with: till start\n$/);
  });

  it('tells of a node that runs on another network, and of a word that no node knows', async () => {
    const away = await node.till('--network=signet', 'invioce');
    assert.equal(away.code, 2);
    assert.match(away.stderr, /signet\/lightning-rpc: nothing is there/);
    assert.match(away.stderr, /^till: a node answers on regtest: till --network=regtest invioce$/m);
    assert.match(away.stderr, /^till: did you mean invoice\?$/m);
    const alone = await till(newDirectory(), 'help');
    assert.equal(alone.code, 2);
    assert.match(alone.stdout, /^What a node of this version can be asked:\nautoclean-once .*\ninvoice amount_msat/s);
  });

  it('explains parameters that are written as options, or mixed, and asks nothing', async () => {
    const option = await node.till('invoice', '1000', 'mixed', 'x', '--expiry=60');
    assert.deepEqual([option.code, option.stdout], [3, '']);
    assert.match(option.stderr, /By name: till -k invoice amount_msat=1000 label=mixed description=x expiry=60\n$/);
    const mixed = await node.till('invoice', '1000', 'label=mixed', 'x');
    assert.deepEqual([mixed.code, mixed.stdout], [3, '']);
    assert.match(mixed.stderr, /By name: till -k invoice amount_msat=1000 label=mixed description=x/);
    const slip = await node.till('-k', 'invoice', 'amount_msat=1', 'lable=x', 'description=x');
    assert.equal(slip.code, 1);
    assert.match(slip.stderr, /did you mean label\?/);
  });

  it('ends with 2 when what answers is no node', async (t) => {
    const path = join(newDirectory(), 'socket');
    let reply = 'HTTP/1.1 400 Bad Request\n\n';
    const server = createServer((socket) => socket.end(reply)).listen(path);
    t.after(() => server.close());
    const stranger = await till(dir, `--rpc-file=${path}`, 'getinfo');
    assert.equal(stranger.code, 2);
    assert.match(stranger.stderr, /no JSON: it is no node/);
    reply = '';
    const silent = await till(dir, `--rpc-file=${path}`, 'getinfo');
    assert.equal(silent.code, 2);
    assert.match(silent.stderr, /hung up before it answered/);
  });

  it('ends with 3 when the arguments make no sense, and asks nothing', async () => {
    const { code, stdout, stderr } = await node.till('--frobnicate', 'stop');
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /^till: there is no option --frobnicate/);
    const nothing = await node.till();
    assert.equal(nothing.code, 3);
    assert.match(nothing.stdout, /till start .*till METHOD/s);
  });

  it('names the nearest command when there is none of that name', async () => {
    const { code, stdout, stderr } = await node.till('invioce', '1', 'x', 'y');
    assert.equal(code, 1);
    assert.equal((JSON.parse(stdout) as { code: number }).code, -32601);
    assert.match(stderr, /did you mean invoice\?/);
  });

  it('takes parameters by name or in order, and shows the reply in any style', async () => {
    const named = await node.till('-k', 'invoice', 'label=named', 'amount_msat=any', 'description=a=b');
    assert.equal(named.code, 0);
    const ordered = await node.till('-o', 'invoice', 'any', 'label=x', 'ordered');
    assert.equal(ordered.code, 0);
    assert.match(
      (await node.till('-F', 'listinvoices', 'named')).stdout,
      /^invoices\[0\]\.label=named\n.*description=a=b\n/s,
    );
    assert.match((await node.till('-oH', 'listinvoices', 'label=x')).stdout, /^label=label=x\n.*status=unpaid\n/s);
    assert.match(
      (await node.till('-R', 'listinvoices', 'named')).stdout,
      /^\{"invoices":\[\{"label":"named".*\}\]\}\n$/,
    );
    const filtered = await node.till('--filter={"invoices":[{"label":true}]}', 'listinvoices', 'named');
    assert.deepEqual(JSON.parse(filtered.stdout), { invoices: [{ label: 'named' }] });
  });

  it('tells nothing on standard error, however loud notices are wanted, when there are none', async () => {
    for (const level of ['none', 'debug']) {
      const { code, stderr } = await node.till('-N', level, 'getinfo');
      assert.deepEqual([code, stderr], [0, '']);
    }
  });

  it('draws a new invoice as a QR code at a terminal, and only there', async (t) => {
    const seen = await atTerminal(t, tillCommand('invoice', '2000', 'drawn', 'for a phone'), 120);
    if (seen === undefined) return;
    assert.equal(seen.code, 0);
    const [json, drawing = ''] = seen.text.split('\n}\n') as [string, string];
    assert.match(json, /"bolt11": "lnbcrt20n1/);
    const lines = drawing
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(BLACK_ON_WHITE, '').replace('\x1b[0m', ''));
    assert.ok(lines.length > 20, 'half as many lines as the code has modules');
    assert.equal(new Set(lines.map((line) => [...line].length)).size, 1, 'a square');
    assert.match(lines.join(''), /^[ █▀▄]+$/);
    assert.equal(drawing.split(BLACK_ON_WHITE).length, lines.length + 1, 'black on white in every line');
    const narrow = await atTerminal(t, tillCommand('invoice', '2000', 'narrow', 'x'), 40);
    const file = /The QR code is \d+ columns wide, and this terminal 40: it is in (\S+\.svg),/.exec(narrow?.text ?? '');
    assert.match(readFileSync(file?.[1] as string, 'utf8'), /^<svg/);
    rmSync(dirname(file?.[1] as string), { recursive: true });
    for (const style of ['-J', '-R']) {
      const plain = await atTerminal(t, tillCommand(style, 'invoice', '2000', `plain${style}`, 'x'));
      assert.doesNotMatch(plain?.text ?? '', /[█▀▄]/);
    }
  });

  it('shows listings as tables at a terminal, and nothing there obeys what a payer wrote', async (t) => {
    await node.till('invoice', 'any', 'evil', 'a\u009b2Jb\u202ec');
    const seen = await atTerminal(t, tillCommand('listinvoices', 'evil'));
    if (seen === undefined) return;
    assert.match(seen.text, /^label +status +description +expires_at +payment_hash\nevil +unpaid +a 2Jb c +20/);
    const narrow = await atTerminal(t, tillCommand('listinvoices', 'evil'), 80);
    assert.match(
      narrow?.text as string,
      /^label +evil\nstatus +unpaid\ndescription +a 2Jb c\nexpires_at +20.*\npayment_hash +\w{64}\n$/,
    );
    for (const style of ['-J', '-R', '-F', '-H']) {
      const styled = await atTerminal(t, tillCommand(style, 'listinvoices', 'evil'));
      assert.doesNotMatch(styled?.text ?? '', /[^\P{Cc}\n]|\u202e/u, style);
    }
  });

  it('lists the commands, and shows the manual of one without a node', async () => {
    const list = await node.till('help');
    assert.match(
      list.stdout,
      /^autoclean-once subsystem age\n.*\ninvoice amount_msat label .*\n---\ntill help METHOD/s,
    );
    const manual = await till(newDirectory(), 'help', 'invoice');
    assert.equal(manual.code, 0);
    assert.match(manual.stdout, /^# invoice\n.*## Parameters/s);
    const unknown = await node.till('help', 'nonsense');
    assert.equal(unknown.code, 1);
  });

  it('ends quietly when whoever reads leaves early', async () => {
    const ended = await run('sh', ['-c', `{ ${tillCommand('listinvoices')}; echo "ended with $?" >&2; } | true`], {
      ...process.env,
      TILL_DIR: dir,
    });
    assert.equal(ended.stderr, 'ended with 0\n');
  });
});
