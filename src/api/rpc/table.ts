/** The commands by name, and the reading of their parameters. */
import { RpcError } from '../../base/errors.ts';
import type { Command, Param, Rest } from './command.ts';
import { readField } from './field.ts';
import { isJsonObject, type Json } from './json.ts';

/** A command apart from what it runs on: all that `help`, `check` and the documentation need. */
export type CommandFacts = Omit<Command<never>, 'run'>;

/** All commands. */
export interface CommandTable<C extends CommandFacts = CommandFacts> {
  /** In the order of the list. */
  readonly all: readonly C[];
  /** By name or older name. */
  find(name: string): C | undefined;
  /** Why this node refuses a command that others have; undefined for a name that is known, or unknown to everybody. */
  refusal(name: string): RpcError | undefined;
}

/** The error for a name that is refused for a reason of its own; undefined for a name that is just unknown. */
export type Refuse = (name: string) => RpcError | undefined;

/** What a list of commands is looked up by. Throws TypeError when two share a name. */
export function tableOf<C extends CommandFacts>(commands: readonly C[], refuse?: Refuse): CommandTable<C> {
  const by_name = new Map<string, C>();
  for (const command of commands) {
    for (const name of [command.name, ...command.aliases]) {
      if (by_name.has(name)) throw new TypeError(`two commands are named ${name}`);
      by_name.set(name, command);
    }
  }
  return {
    all: commands,
    find: (name) => by_name.get(name),
    refusal: (name) => (by_name.has(name) ? undefined : refuse?.(name)),
  };
}

/** The error for a name that no command has. */
export function unknownCommand(name: string): RpcError {
  return new RpcError('UNKNOWN_COMMAND', `Unknown command '${name.slice(0, 80)}'`);
}

/** A parameter's reading is prepared once for each command: names to places, and the positional order. */
interface Plan {
  readonly names: readonly string[];
  readonly positional: readonly string[];
  readonly canonical: ReadonlyMap<string, string>;
}

const plans = new WeakMap<CommandFacts['params'], Plan>();

function planOf(command: CommandFacts): Plan {
  let plan = plans.get(command.params);
  if (plan === undefined) {
    const names = Object.keys(command.params);
    const canonical = new Map<string, string>();
    for (const name of names) {
      for (const each of [name, ...(command.params[name] as Param<unknown>).aliases]) canonical.set(each, name);
    }
    plan = { names, positional: names.filter((name) => !command.params[name]?.by_name), canonical };
    plans.set(command.params, plan);
  }
  return plan;
}

/** The name that the definition gives the parameter; undefined for one that the command does not have. */
export function canonicalName(command: CommandFacts, given_name: string): string | undefined {
  return planOf(command).canonical.get(given_name);
}

/** The parameters' names in the order of their places. */
export function positionalNames(command: CommandFacts): readonly string[] {
  return planOf(command).positional;
}

/**
 * Reads a request's parameters, by position or by name. Throws RpcError INVALID_PARAMS in Core Lightning's words
 * (common/json_param.c): bad values first, in the order given, then what is missing.
 */
export function readParams(command: CommandFacts, params: Json): Record<string, unknown> {
  const plan = planOf(command);
  const values: Record<string, unknown> = {};
  for (const name of plan.names) values[name] = undefined;
  if (Array.isArray(params)) readPositional(command, plan, params, values);
  else if (isJsonObject(params)) readNamed(command, plan, params, values);
  else throw new RpcError('INVALID_PARAMS', 'Expected array or object for params');
  for (const name of plan.names) {
    if (values[name] !== undefined) continue;
    const param = command.params[name] as Param<unknown>;
    if (param.unless !== undefined && values[param.unless] !== undefined) continue;
    if (param.presence === 'required') throw new RpcError('INVALID_PARAMS', `missing required parameter: ${name}`);
    values[name] = param.default;
  }
  return values;
}

function readPositional(
  command: CommandFacts,
  plan: Plan,
  given: readonly Json[],
  values: Record<string, unknown>,
): void {
  const expected = plan.positional.length;
  for (const [index, value] of given.entries()) {
    const name = plan.positional[index];
    if (name === undefined) {
      if (command.rest) break;
      throw new RpcError('INVALID_PARAMS', `too many parameters: got ${given.length}, expected ${expected}`);
    }
    readInto(values, command, name, value);
  }
  if (command.rest) values.rest = given.slice(expected);
}

function readInto(values: Record<string, unknown>, command: CommandFacts, name: string, value: Json): void {
  const { field } = command.params[name] as Param<unknown>;
  if (value !== null || field.reads_null === true) values[name] = readField(field, name, value);
}

function readNamed(
  command: CommandFacts,
  plan: Plan,
  given: Readonly<Record<string, Json>>,
  values: Record<string, unknown>,
): void {
  const rest: [string, Json][] = [];
  const seen = new Set<string>();
  for (const given_name of Object.keys(given)) {
    const value = given[given_name] as Json;
    const name = plan.canonical.get(given_name);
    if (name === undefined) {
      if (!command.rest) {
        throw new RpcError('INVALID_PARAMS', `unknown parameter: ${given_name.slice(0, 80)}`);
      }
      rest.push([given_name, value]);
      continue;
    }
    if (seen.has(name)) throw new RpcError('INVALID_PARAMS', `duplicate json names: ${name}`);
    seen.add(name);
    readInto(values, command, name, value);
  }
  if (command.rest) values.rest = Object.fromEntries(rest) satisfies Rest;
}
