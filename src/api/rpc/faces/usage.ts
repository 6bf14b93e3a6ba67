/** The usage line: how `help` and the command line show a command. */
import type { CommandFacts } from '../table.ts';

/** `invoice amount_msat label description [expiry] ...`; what can be given by name only comes last, as `[name=]`. */
export function usageLine(command: CommandFacts): string {
  const words = [command.name];
  const named: string[] = [];
  for (const [name, param] of Object.entries(command.params)) {
    if (param.by_name) named.push(`[${name}=]`);
    else words.push(param.presence === 'required' ? name : `[${name}]`);
  }
  if (command.rest) words.push('[...]');
  return [...words, ...named].join(' ');
}
