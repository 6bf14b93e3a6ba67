import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type LogLevel, openLog } from '../../src/base/log.ts';
import { Secret } from '../../src/base/types/secret.ts';

const dir = mkdtempSync(join(tmpdir(), 'till-log-'));
after(() => rmSync(dir, { recursive: true }));

function open(file: string, level: LogLevel = 'info') {
  return openLog({ level, file: join(dir, file), now: () => '2026-01-02T03:04:05.678Z' });
}

function read(file: string): string {
  return readFileSync(join(dir, file), 'utf8');
}

test('an event is a line with its time and level, in a file of its owner', () => {
  const log = open('lines', 'unusual');
  log.debug('no');
  log.info('no');
  log.warn('look');
  log.error('help');
  assert.equal(read('lines'), '2026-01-02T03:04:05.678Z UNUSUAL look\n2026-01-02T03:04:05.678Z BROKEN  help\n');
  assert.equal(statSync(join(dir, 'lines')).mode & 0o777, 0o600);
});

test('a line stays a line, and a secret a secret', () => {
  const log = open('harmless');
  log.info(`alias \u001b[2J\nforged\u2028line ${new Secret('abandon')}`);
  assert.equal(read('harmless').split(/[\n\u2028]/).length, 2);
  assert.match(read('harmless'), /alias \\x1b\[2J\\x0aforged\\x2028line \[secret\]/);
});

test('the file may be moved away while the node runs', () => {
  const log = open('rotated');
  log.info('one');
  renameSync(join(dir, 'rotated'), join(dir, 'rotated.1'));
  log.info('two');
  assert.match(read('rotated.1'), /one\n$/);
  assert.match(read('rotated'), /^\S+ INFO +two\n$/);
});

test('a file that cannot be written is refused at the start', () => {
  assert.throws(() => open('no/such/place'), {
    name: 'LogFileError',
    message: /no\/such\/place cannot be written \(ENOENT\)/,
  });
});

test('a disk that is full, or an output that nobody reads, does not end the node', () => {
  const program = `
    import { openLog } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'base', 'log.ts'))};
    const log = openLog({ level: 'info', file: process.argv[1], now: () => 'now' });
    log.info('first');
    log.info('second');
    process.exitCode = 7;`;
  const args = ['--input-type=module', '-e', program];
  const full = spawnSync(process.execPath, [...args, '/dev/full'], { encoding: 'utf8' });
  assert.equal(full.status, 7, full.stderr);
  assert.match(full.stderr, /^till: the log cannot be written \(ENOSPC\): now INFO +first\n.*second\n$/);
  const unread = spawnSync('sh', ['-c', '{ "$0" "$@"; echo "ended with $?" >&2; } | true', process.execPath, ...args], {
    encoding: 'utf8',
  });
  assert.match(unread.stderr, /ended with 7\n$/);
});

test('for machines each line is an object, and the id of a request is a member of its own', () => {
  const file = join(dir, 'json');
  const log = openLog({ level: 'info', format: 'json', file, now: () => '2026-01-01T00:00:00.000Z' });
  log.info('two\nlines "quoted"');
  log.error('invoice (request 0123456789abcdef): broken');
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(lines, [
    { time: '2026-01-01T00:00:00.000Z', level: 'info', message: 'two\nlines "quoted"' },
    {
      time: '2026-01-01T00:00:00.000Z',
      level: 'broken',
      message: 'invoice (request 0123456789abcdef): broken',
      request_id: '0123456789abcdef',
    },
  ]);
});
