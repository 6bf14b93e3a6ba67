/**
 * What a command is. A definition is the only place where its name, parameters, results, errors and prose stand;
 * validation, `help`, `check`, the man page, the reference, the schema and the typed client are derived from it.
 */
import type { ErrorName } from '../../base/errors.ts';
import { type Answer, type AnswerMembers, type AnswerRecord, answer } from './answer.ts';
import type { Field } from './field.ts';
import type { Json, JsonObject } from './json.ts';

declare const VALUE: unique symbol;

/** A parameter. `T` is what `run` receives for it. */
export interface Param<T> {
  readonly field: Field<unknown>;
  readonly presence: 'required' | 'optional' | 'default';
  /** What an absent parameter becomes; only with presence `default`. */
  readonly default: unknown;
  readonly doc: string;
  /** True: it has no place among the positional parameters. */
  readonly by_name: boolean;
  /** The parameter that stands in for a required one. */
  readonly unless?: string;
  /** Other names by which it may be given. */
  readonly aliases: readonly string[];
  readonly [VALUE]?: T;
}

export type Params = Readonly<Record<string, Param<unknown>>>;

/** What `run` receives: every name is there, an absent optional one as undefined. */
export type ParamValues<P> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never };

/** What else may be said of a parameter. */
export interface ParamOptions {
  readonly aliases?: readonly string[];
}

/** A parameter that must be given. Required ones come first. */
export function required<T>(field: Field<T>, doc: string, options: ParamOptions = {}): Param<T> {
  return { field, presence: 'required', default: undefined, doc, by_name: false, aliases: options.aliases ?? [] };
}

/** A parameter that must be given unless another one, which has no place of its own, is given instead. */
export function requiredUnless<T>(
  other: string,
  field: Field<T>,
  doc: string,
  options: ParamOptions = {},
): Param<T | undefined> {
  return { ...required(field, doc, options), unless: other } as Param<T | undefined>;
}

/** A parameter that may be left out. */
export function optional<T>(field: Field<T>, doc: string, options: ParamOptions = {}): Param<T | undefined> {
  return { field, presence: 'optional', default: undefined, doc, by_name: false, aliases: options.aliases ?? [] };
}

/** A parameter that may be left out and then is `value`. */
export function withDefault<T>(field: Field<T>, value: NoInfer<T>, doc: string, options: ParamOptions = {}): Param<T> {
  return { field, presence: 'default', default: value, doc, by_name: false, aliases: options.aliases ?? [] };
}

/** The same parameter, which can be given by its name only: it takes no place in an array of parameters. */
export function byName<T>(param: Param<T>): Param<T> {
  return { ...param, by_name: true };
}

/** How much a client hears of a command's progress, loudest last. */
export type NoticeLevel = 'debug' | 'info' | 'unusual' | 'broken';

/** What a client has set for its own connection. */
export interface ConnectionSettings {
  /** Whether notices are sent while a command runs (`notifications`). */
  notifications: boolean;
  /** Whether deprecated names are accepted (`deprecations`). */
  deprecations: boolean;
  /** Whether writes may be held back to be made together (`batching`). */
  batching: boolean;
}

/** What a run knows of the request that it serves. */
export interface Context {
  /** Aborted when the client is gone or the node is stopping: whoever waits must then stop waiting. */
  readonly signal: AbortSignal;
  /** The request's id as the client spelled it. */
  readonly request_id: string;
  readonly transport: 'unix' | 'http';
  readonly connection: ConnectionSettings;
  /** Tells the client something while it waits, if it asked for notices. */
  notify(level: NoticeLevel, message: string): void;
  /** Does something when the reply has been handed to the client: how `stop` says good-bye first. */
  afterReply(action: () => void): void;
}

/** A line of an example: what is asked and what is answered. */
export interface Example {
  readonly title: string;
  readonly params: JsonObject | readonly Json[];
  readonly result?: unknown;
}

export type Category =
  | 'invoices'
  | 'events'
  | 'payments'
  | 'channels'
  | 'peers'
  | 'wallet'
  | 'access'
  | 'node'
  | 'connection';

/** A command in full. See defineCommand for how the parts are typed. */
export interface Command<Modules> {
  /** The name of the method. */
  readonly name: string;
  /** Older names of the same command. */
  readonly aliases: readonly string[];
  readonly category: Category;
  /** One line: what it is for. */
  readonly title: string;
  /** Prose in markdown. */
  readonly description: string;
  readonly params: Params;
  /** Whether parameters beyond the named ones are accepted; they reach `run` as `rest`. Only `check` needs it. */
  readonly rest: boolean;
  readonly returns: Answer<unknown>;
  /** What it may answer instead, besides INVALID_PARAMS, LIGHTNINGD and LIGHTNINGD_SHUTDOWN, which all may. */
  readonly errors: readonly ErrorName[];
  readonly examples: readonly Example[];
  readonly see_also: readonly string[];
  /** Whether running it can change anything. */
  readonly access: 'read' | 'write';
  run(params: Readonly<Record<string, unknown>>, modules: Modules, context: Context): unknown;
}

/** What was given beyond the named parameters, to a command that takes it. */
export type Rest = JsonObject | readonly Json[];

/** A definition as a command's file writes it. */
export interface Definition<Modules, P extends Params, R extends AnswerMembers, V> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly category: Category;
  readonly title: string;
  readonly description: string;
  /** The order of the keys is the order of the positional parameters. */
  readonly params: P;
  readonly rest?: boolean;
  readonly returns: R;
  readonly errors: readonly ErrorName[];
  readonly examples?: readonly Example[];
  readonly see_also?: readonly string[];
  readonly access: 'read' | 'write';
  run(params: ParamValues<P> & { readonly rest: Rest }, modules: Modules, context: Context): V | Promise<V>;
}

/** A command that remembers the types of its parameters and its result, for the typed client and for tests. */
export interface DefinedCommand<Modules, P extends Params, R> extends Command<Modules> {
  readonly params: P;
  readonly [VALUE]?: R;
}

/** A definition that contradicts itself, found when its file is loaded. */
function checkParams(name: string, params: Params): void {
  const seen = new Set<string>();
  let required_ended = false;
  for (const [own_name, param] of Object.entries(params)) {
    for (const each of [own_name, ...param.aliases]) {
      if (seen.has(each) || each === 'rest') throw new TypeError(`${name}: the parameter name ${each} is taken`);
      seen.add(each);
    }
    if (param.presence === 'required' && !param.by_name && required_ended) {
      throw new TypeError(`${name}: the required parameter ${own_name} stands behind an optional one`);
    }
    required_ended ||= param.presence !== 'required';
  }
}

/**
 * Defines commands that run on the modules given: `const defineCommand = commandsOn<Modules>()`. Throws TypeError where a
 * definition contradicts itself.
 */
export function commandsOn<Modules>() {
  return <const P extends Params, const R extends AnswerMembers, const V extends AnswerRecord<R>>(
    definition: Definition<Modules, P, R, V>,
  ): DefinedCommand<Modules, P, AnswerRecord<R>> => {
    checkParams(definition.name, definition.params);
    const { returns } = definition;
    return {
      aliases: [],
      rest: false,
      examples: [],
      see_also: [],
      ...definition,
      returns: answer.object(returns, 'The result.'),
      // Dispatch hands over what the definition's own parameters read, so the two types are one.
      run: definition.run as Command<Modules>['run'],
    };
  };
}
