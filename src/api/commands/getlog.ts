import { LOG_LEVELS } from '../../base/log.ts';
import { answer } from '../rpc/answer.ts';
import { byName, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Core Lightning's names of the levels. */
const TYPES = { debug: 'DEBUG', info: 'INFO', unusual: 'UNUSUAL', broken: 'BROKEN' } as const;

/** The end of the log. */
export const getlog = defineCommand({
  name: 'getlog',
  category: 'node',
  title: 'Command to show log messages',
  description:
    'Shows the last lines of the log: up to 2,000 are kept in memory, from the level `info` on, whatever `log-level` says and wherever the log goes. No secret is in a line.',
  params: {
    level: withDefault(
      field.oneOf(...LOG_LEVELS),
      'info',
      'The lowest level that is shown; lines of `debug` are not kept.',
    ),
    limit: byName(withDefault(field.u16, 2000, 'Only so many of the newest lines.')),
  },
  returns: {
    created_at: answer.string('When the oldest line was written: seconds since 1970, with nine decimals.'),
    bytes_used: answer.integer('The characters of the lines that are kept.'),
    bytes_max: answer.integer('The most that they may have.'),
    log: answer.array(
      answer.object(
        {
          type: answer.oneOf(['DEBUG', 'INFO', 'UNUSUAL', 'BROKEN'], 'The level.'),
          time: answer.string('Seconds since `created_at`, with nine decimals.'),
          time_ms: answer.integer('The Unix time in milliseconds.'),
          source: answer.string('What wrote it.'),
          log: answer.string('The line.'),
        },
        'A line.',
      ),
      'The lines, the oldest first.',
    ),
  },
  errors: [],
  see_also: ['getinfo', 'listconfigs'],
  access: 'read',
  run({ level, limit }, { recent_log }) {
    const kept = recent_log.lines();
    const created_ms = kept[0]?.time_ms ?? 0;
    const shown = kept.filter((line) => LOG_LEVELS.indexOf(line.level) >= LOG_LEVELS.indexOf(level));
    return {
      created_at: seconds(created_ms),
      bytes_used: kept.reduce((sum, { text }) => sum + text.length, 0),
      bytes_max: 4_000_000,
      log: (limit === 0 ? [] : shown.slice(-limit)).map((line) => ({
        type: TYPES[line.level],
        time: seconds(line.time_ms - created_ms),
        time_ms: line.time_ms,
        source: 'till',
        log: line.text,
      })),
    };
  },
});

/** Milliseconds as seconds with nine decimals. */
function seconds(ms: number): string {
  const whole = Math.trunc(Math.max(0, ms));
  return `${Math.floor(whole / 1000)}.${String(whole % 1000).padStart(3, '0')}000000`;
}
