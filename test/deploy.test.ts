/** The files for those who run a node: they name what there is. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPTIONS } from '../src/app/config/options.ts';
import { Town } from './support/town.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, '..', 'deploy', name), 'utf8');

test('the options in the unit and in the image exist', () => {
  for (const name of ['till.service', 'Dockerfile']) {
    const lines = read(name)
      .split('\n')
      .filter((line) => /^(ExecStart|ENTRYPOINT)/.test(line));
    assert.ok(lines.length > 0);
    for (const [, option = ''] of lines.join(' ').matchAll(/--([a-z-]+)=/g))
      assert.ok(Object.hasOwn(OPTIONS, option), option);
  }
});

test('every metric of the board is one that Till has', async () => {
  const { panels } = JSON.parse(read('grafana.json')) as { panels: { targets: { expr: string }[] }[] };
  const names = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/till_[a-z0-9_]+/g) ?? []));
  assert.ok(names.length > 10);
  const source = readFileSync(join(import.meta.dirname, '../src/app/daemon/metrics.ts'), 'utf8');
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'till_' });
  const by_default = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  registry.clear();
  for (const name of names) {
    const own = name.replace(/^till_/, '').replace(/_(bucket|count|sum)$/, '');
    assert.ok(by_default.has(name) || source.includes(`'${own}'`) || source.includes(`'till_${own}'`), name);
  }
});

/** Why a program cannot judge here; false when it can. */
function without(program: string): string | false {
  return spawnSync(program, ['--version']).error === undefined ? false : `there is no ${program}`;
}

test('systemd reads the unit without a complaint', { skip: without('systemd-analyze') }, () => {
  const unit = join(import.meta.dirname, '..', 'deploy', 'till.service');
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  // Where systemd does not run it may say so; what it says of the unit names it.
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('till.service'));
  assert.deepEqual([status, complaints], [0, []]);
});

test('Prometheus reads the metrics, and every expression of the board', { skip: without('promtool') }, async () => {
  const town = await Town.found();
  const dir = mkdtempSync(join(tmpdir(), 'till-deploy-'));
  try {
    await town.start('shop', '--metrics-bind=127.0.0.1:0');
    const url = /metrics at (http:\S+\/metrics)/.exec(town.log.join('\n'))?.[1] as string;
    const input = await (await fetch(url)).text();
    const linted = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    // It has an opinion of some names, which are prom-client's own for every program of Node.
    const complaints = linted.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('till_nodejs_'));
    assert.deepEqual(complaints, []);
    assert.ok(linted.status === 0 || linted.status === 3, 'all of it was read');
    const { panels } = JSON.parse(read('grafana.json')) as { panels: { targets: { expr: string }[] }[] };
    const rules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({ record: `till:board:${index}`, expr: expr.replaceAll(/\$__\w+/g, '5m') }));
    const file = join(dir, 'rules.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules }] }));
    const checked = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
    assert.match(checked.stdout, new RegExp(`${rules.length} rules found`));
  } finally {
    rmSync(dir, { recursive: true });
    await town.close();
  }
});

test("the image's health check says whether the node works", async () => {
  const [, check = ''] = /^HEALTHCHECK[^[]*\\\n\s*CMD (\[.*\])$/m.exec(read('Dockerfile')) ?? [];
  const [program, flag, script] = JSON.parse(check) as [string, string, string];
  assert.deepEqual([program, flag], ['node', '-e']);
  const [, bind = ''] = /--metrics-bind=([\d.:]+)/.exec(read('Dockerfile')) ?? [];
  assert.ok(script.includes(`http://${bind}/healthz`), 'it asks where the node serves');
  const town = await Town.found();
  const runs = (at: string): Promise<number> =>
    new Promise((resolve) => {
      const asked = script.replace(bind, at);
      execFile(process.execPath, [flag, asked], (error) => resolve(error === null ? 0 : Number(error.code)));
    });
  try {
    const shop = await town.start('shop', '--metrics-bind=127.0.0.1:0');
    const at = /metrics at http:\/\/(\S+)\/metrics/.exec(town.log.join('\n'))?.[1] as string;
    assert.equal(await runs(at), 0);
    await town.stop(shop);
    assert.equal(await runs(at), 1, 'a node that is gone is not healthy');
  } finally {
    await town.close();
  }
});
