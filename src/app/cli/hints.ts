/** What somebody meant whose words were not understood. It loads every definition, so it is loaded when it is needed. */
import { commands } from '../../api/commands/index.ts';
import { shellWord } from '../../api/rpc/faces/typed.ts';
import { type CommandFacts, tableOf } from '../../api/rpc/table.ts';
import { nearestName } from '../config/nearest.ts';
import { type ClientRequest, UsageError } from './arguments.ts';
import { OWN_COMMAND_NAMES } from './own-commands.ts';

const table = tableOf<CommandFacts>(commands);
const NAMES: readonly string[] = [...commands.map(({ name }) => name), ...OWN_COMMAND_NAMES];
/** Their first parameter names a command. */
const ASKS_ABOUT_COMMANDS = new Set(['help', 'check']);

/** Refuses words in order among which one is a parameter by name. Throws UsageError. */
export function refuseMixed({
  method,
  words,
  is_order_guessed,
}: Pick<ClientRequest, 'method' | 'words' | 'is_order_guessed'>): void {
  const command = table.find(method);
  if (command === undefined || !is_order_guessed) return;
  const named = words.find((word) => parameterOf(command, word.slice(0, Math.max(0, word.indexOf('=')))) !== undefined);
  if (named === undefined) return;
  const line = allByName(command, words);
  throw new UsageError(
    `'${named}' is a parameter by name, and the first one is not: parameters are all by name, or all in order` +
      `${line === undefined ? '' : `. By name: ${line}`}. To send it as text: till -o ${method} ...`,
  );
}

/** What to say of an unknown option that is a parameter of the method, as in `--expiry=60`; undefined for any other. */
export function parameterNotOption(error: UsageError, args: readonly string[]): string | undefined {
  if (error.unknown_option === undefined) return undefined;
  const words: string[] = [];
  let name: string | undefined;
  let command: CommandFacts | undefined;
  for (const argument of args) {
    const option = /^--([a-z][a-z0-9_-]*)(?:=(.*))?$/s.exec(argument);
    if (option === null) {
      if (command === undefined) command = table.find(argument);
      // `--expiry 60`: the value stands alone.
      else if (words.at(-1)?.endsWith('=')) words.push(`${words.pop()}${argument}`);
      else words.push(argument);
      continue;
    }
    const parameter = command === undefined ? undefined : parameterOf(command, option[1] as string);
    if (parameter === undefined) continue;
    if (error.unknown_option === `--${option[1]}`) name = parameter;
    words.push(`${parameter}=${option[2] ?? ''}`);
  }
  if (command === undefined || name === undefined) return undefined;
  const line = allByName(command, words);
  return (
    `${error.unknown_option} is no option: ${name} is a parameter of ${command.name}. ` +
    `${line === undefined ? `Give all of them by name: till -k ${command.name} ${name}=...` : `By name: ${line}`}`
  );
}

/** The nearest names where a command or a parameter does not exist; undefined when nothing is near. */
export function hintAtNames({
  method,
  words,
  params,
}: Pick<ClientRequest, 'method' | 'words' | 'params'>): string | undefined {
  const command = table.find(method);
  if (command === undefined) return suggestion(method, NAMES);
  const [asked] = words;
  if (ASKS_ABOUT_COMMANDS.has(method) && asked !== undefined && !NAMES.includes(asked)) return suggestion(asked, NAMES);
  if (command.rest) return undefined;
  const wrong = namesIn(params).find((name) => parameterOf(command, name) === undefined);
  return wrong === undefined ? undefined : suggestion(wrong, Object.keys(command.params));
}

function suggestion(name: string, names: readonly string[]): string | undefined {
  const nearest = nearestName(name, names);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}

/** Names of parameters given by name. */
function namesIn(params: string): readonly string[] {
  return params.startsWith('{') ? Object.keys(JSON.parse(params)) : [];
}

/** The parameter's own name, when the command has one of this name, however it is spelled. */
function parameterOf({ params }: CommandFacts, name: string): string | undefined {
  const spelled = name.replaceAll('-', '_');
  return Object.entries(params).find(([own, { aliases }]) => own === spelled || aliases.includes(spelled))?.[0];
}

/** The call with every parameter by its name; undefined when there are more words than places. */
function allByName(command: CommandFacts, words: readonly string[]): string | undefined {
  const places = Object.entries(command.params).flatMap(([name, { by_name }]) => (by_name ? [] : [name]));
  const given = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const at = word.indexOf('=');
    const named = at < 0 ? undefined : parameterOf(command, word.slice(0, at));
    const name = named ?? places[index];
    if (name === undefined || given.has(name)) return undefined;
    given.set(name, named === undefined ? word : word.slice(at + 1));
  }
  const list = [...given].map(([name, value]) => shellWord(`${name}=${value}`));
  return ['till', '-k', command.name, ...list].join(' ');
}
