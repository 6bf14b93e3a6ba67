/** The help of `till` itself. Commands of the node have theirs: `till help`. */
import { OWN_COMMANDS, type OwnCommand } from './own-commands.ts';

/** The width of the first column. */
const USAGE_COLUMNS = 33;

/** What `till` and `till --help` print. */
export function usage(): string {
  const line = (typed: string, meaning: string): string => `  ${typed.padEnd(USAGE_COLUMNS)}${meaning}`;
  const own = Object.values(OWN_COMMANDS as Record<string, OwnCommand>).map((command) =>
    line(command.usage.replace(/ \[--.*$/, ''), command.summary),
  );
  return `till: a Lightning node whose one job is to accept payments

${own.join('\n')}
${line('till METHOD [PARAMETER ...]', 'Ask the running node, such as: till invoice 1000 coffee "1 cup of coffee"')}
${line('till help [METHOD|COMMAND]', 'List what can be asked, or explain one of them')}

Options of the client, anywhere before --:
  --lightning-dir=DIR  --network=NETWORK  --rpc-file=FILE   where the node is
  -k  parameters are name=value       -o  parameters are in order
  -J  JSON    -R  JSON on one line    -H  for people    -F  one line per value
  -N LEVEL    notices while waiting, on standard error: none, debug, info (the default), unusual, broken
  -l FILTER   only these parts of the reply, such as -l '{"invoices":[{"label":true}]}'
`;
}
