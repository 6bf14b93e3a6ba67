/** The help of `till` itself. Commands of the node have theirs: `till help`. */
import type { OptionDefinition } from '../config/option.ts';
import { OPTIONS } from '../config/options.ts';

/** What `till` and `till --help` print. */
export function usage(): string {
  return `till: a Lightning node whose one job is to accept payments

  till start [OPTION ...]          run a node (till start --help lists the options)
  till sandbox                     a shop and a customer on a chain of their own, to try things out
  till seed                        show the twenty-four words that every key is made from, once
  till METHOD [PARAMETER ...]      ask the running node, such as: till invoice 1000 coffee "1 cup of coffee"
  till help [METHOD]               what can be asked
  till completion bash|zsh|fish    a script that completes names in your shell

Options of the client, anywhere before --:
  --lightning-dir=DIR  --network=NETWORK  --rpc-file=FILE   where the node is
  -k  parameters are name=value       -o  parameters are in order
  -J  JSON    -R  JSON on one line    -H  for people    -F  one line per value
  -N LEVEL    notices while waiting, on standard error: none, debug, info (the default), unusual, broken
  -l FILTER   only these parts of the reply, such as -l '{"invoices":[{"label":true}]}'
`;
}

/** What `till start --help` prints. */
export function startUsage(): string {
  const lines = Object.entries(OPTIONS as Record<string, OptionDefinition>).map(([name, option]) => {
    const value = option.kind === 'flag' ? '' : `=${option.placeholder ?? option.one_of?.join('|') ?? 'VALUE'}`;
    const fallback =
      option.kind === 'flag' || option.default === undefined || option.kind === 'strings' ? '' : ` [${option.default}]`;
    return `  --${name}${value}\n      ${option.doc}${fallback}`;
  });
  return `till start [OPTION ...]\n\nOptions may also stand in DIR/config and DIR/NETWORK/config, one a line, without the dashes.\n\n${lines.join('\n')}\n`;
}
