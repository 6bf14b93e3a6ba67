/** The files for those who run a node: they name what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OPTIONS } from '../src/app/config/options.ts';

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
