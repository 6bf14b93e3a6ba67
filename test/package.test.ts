/** What is published: packed as npm packs it, unpacked where there is nothing else, and used by a stranger. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { VALID } from './codec/bolt11/examples.ts';
import { ChildNode } from './support/node-process.ts';

const ROOT = dirname(import.meta.dirname);
const place = mkdtempSync(join(tmpdir(), 'till-package-'));
const installed = join(place, 'node_modules', 'lightning-till');

function run(command: string, args: readonly string[], cwd = place): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Links a package of the repository into the stranger's directory. */
function link(name: string): void {
  const to = join(place, 'node_modules', name);
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), to);
}

let packed: readonly string[];

before(() => {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', place, '--silent'], ROOT),
  );
  packed = files.map(({ path }: { path: string }) => path);
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', join(place, filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) link(name);
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }\n');
});
after(() => rmSync(place, { recursive: true, force: true }));

test('the package holds what is used, and nothing that is for developing', () => {
  for (const path of [
    'bin/till.js',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'man/till-invoice.7',
    'README.md',
    'LICENSE',
  ])
    assert.ok(packed.includes(path), `${path} is missing`);
  assert.deepEqual(
    packed.filter((path) => /^(src|test|bench|tools)\/|\.test\.|(?<!\.d)\.ts$/.test(path)),
    [],
  );
});

test('its three entries load, and the codec reads the first example of BOLT 11', () => {
  writeFileSync(
    join(place, 'use.js'),
    `import { Daemon, loadConfig, msat } from 'lightning-till';
     import { decodeInvoice } from 'lightning-till/bolt11';
     import { connectToNode } from 'lightning-till/client';
     console.log(JSON.stringify([typeof Daemon.start, loadConfig([], {}).network.name, String(msat(1)),
       typeof connectToNode, decodeInvoice(process.argv[2]).payee]));`,
  );
  const [{ text, says }] = VALID;
  assert.deepEqual(JSON.parse(run(process.execPath, ['use.js', text])), [
    'function',
    'regtest',
    '1',
    'function',
    says.payee,
  ]);
});

test('its types are found under ES2023 and later, and hold a caller to what commands and modules take', () => {
  link('@types/node');
  link('undici-types');
  writeFileSync(
    join(place, 'use.ts'),
    `import { Daemon, loadConfig, openLog, type Invoice } from 'lightning-till';
     import { decodeInvoice, type Invoice as Bolt11 } from 'lightning-till/bolt11';
     import { connectToNode } from 'lightning-till/client';

     export async function use(path: string): Promise<[string, Invoice | undefined, Bolt11]> {
       const log = openLog({ level: 'info', file: undefined, now: () => '' });
       const daemon = await Daemon.start({ config: loadConfig([]), log, onFatal() {}, onStop() {} });
       const client = await connectToNode(path);
       const { bolt11 } = await client.call('invoice', { amount_msat: 1000, label: 'a', description: 'b' });
       // @ts-expect-error: there is no command of this name
       await client.call('invoices', {});
       // @ts-expect-error: a label is missing
       await client.call('invoice', { amount_msat: 1000, description: 'b' });
       // @ts-expect-error: an amount is missing
       await client.call('invoice', { label: 'a', description: 'b' });
       // @ts-expect-error: parameters are missing
       await client.call('invoice');
       const { blockheight, num_peers } = await client.call('getinfo');
       const height: number = blockheight + num_peers;
       const { invoices } = await client.call('listinvoices', undefined, { signal: AbortSignal.timeout(height) });
       const [index]: (number | undefined)[] = invoices.map(({ pay_index }) => pay_index);
       // @ts-expect-error: an amount may need 64 bits
       const amount: number | undefined = invoices[0]?.amount_msat;
       console.log(index, amount);
       return [bolt11, await daemon.invoices.find({ label: 'a' }), decodeInvoice(bolt11)];
     }`,
  );
  for (const edition of ['es2023', 'esnext']) {
    const compilerOptions = {
      target: edition,
      lib: [edition],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      types: ['node'],
      skipLibCheck: false,
    };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json']);
  }
});

test('a global install of the clone brings the command and every manual page, on any Node without a warning', () => {
  const prefix = join(place, 'global');
  const { status, stdout, stderr } = spawnSync('npm', ['install', '--global', '--offline', '--prefix', prefix, '.'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout + stderr, /EBADENGINE|warn/i);
  assert.match(run(join(prefix, 'bin', 'till'), ['--version']), /^\d+\.\d+\.\d+\n$/);
  for (const page of readdirSync(join(ROOT, 'man'))) {
    assert.ok(existsSync(join(prefix, 'share', 'man', `man${page.slice(-1)}`, page)), `${page} is not installed`);
  }
  const found = spawnSync('man', ['-w', 'till-invoice'], {
    env: { ...process.env, MANPATH: join(prefix, 'share', 'man') },
    encoding: 'utf8',
  });
  if (found.error === undefined) assert.match(found.stdout, /till-invoice\.7\n$/);
});

test('its command runs, tells its version and has its manual', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const till = join(installed, 'bin', 'till.js');
  assert.equal(run(process.execPath, [till, '--version']), `${version}\n`);
  assert.match(run(process.execPath, [till, '--help']), /till start/);
  assert.ok(existsSync(join(installed, 'man', 'till-invoice.7')));
});

test('a node of the package runs, writes its store, serves its pages and stops in good order', async () => {
  const till = join(installed, 'bin', 'till.js');
  // The libraries are linked here, to where a web process of its own may not read.
  const options = ['--shop-bind=127.0.0.1:0', '--dashboard-bind=127.0.0.1:0', '--web-process=inside'];
  const node = await ChildNode.start(options, undefined, till);
  const asking = ['-J', `--lightning-dir=${node.dir}`, 'invoice', '1000', 'coffee', '1 cup of coffee'];
  assert.match(JSON.parse(run(process.execPath, [till, ...asking])).bolt11, /^lnbcrt10n1/);
  const paged = ['-k', `--lightning-dir=${node.dir}`, 'invoice', 'amount_msat=1000', 'label=tea', 'description=tea'];
  const { checkout_url } = JSON.parse(run(process.execPath, [till, '-J', ...paged, 'checkout=true']));
  const page = await (await fetch(checkout_url)).text();
  const [, style] = /rel="stylesheet" href="([^"]+)"/.exec(page) ?? [];
  const [, script] = /<script type="module" src="([^"]+)"/.exec(page) ?? [];
  for (const path of [style, script]) assert.equal((await fetch(new URL(path as string, checkout_url))).status, 200);
  assert.equal(await node.stop(), 0);
});
