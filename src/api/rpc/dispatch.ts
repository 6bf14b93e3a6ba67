/**
 * From a request to its reply: check the envelope (JSON-RPC 2.0), find the command, read its parameters, run it, write
 * the result. Whatever goes wrong becomes an error object; nothing that a client sends or a command throws ends the node.
 */

import { type ErrorName, RpcError } from '../../base/errors.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import { type Fence, StoreRefusedError } from '../../infra/store/store.ts';
import type { RequestToJudge } from '../../shop/access/runes.ts';
import type { Command, ConnectionSettings, Context, NoticeLevel } from './command.ts';
import { findFault } from './conform.ts';
import { compileFilter } from './filter.ts';
import { isJsonObject, type Json, Literal, spell } from './json.ts';
import type { Parsed } from './json-parser.ts';
import { type Person, paramsToRecord } from './person.ts';
import { runeView } from './rune-view.ts';
import { type CommandTable, type Refuse, readParams, tableOf, unknownCommand } from './table.ts';
import { isStreamed, streamJson, writeJson } from './writer.ts';

/** A reply: its whole text, or its pieces where it is too long for memory. It ends with a blank line. */
export type Reply = string | AsyncIterable<string>;

/** The client's side of a request, as its server knows it. */
export interface Caller {
  readonly transport: Context['transport'];
  readonly connection: ConnectionSettings;
  /**
   * A signal that is aborted when the client is gone or the node stops, with the RpcError to answer as its reason. Called
   * at most once for each request.
   */
  signalFor(): AbortSignal;
  /** Writes a notice between replies. */
  send(text: string): void;
  /** Does something when the reply has been handed to the client. */
  afterReply(action: () => void): void;
}

/** A request that carries a rune: what it asks, and what gives it the right to. */
export interface Call {
  readonly method: string;
  readonly params: Json;
  /** Which members of the result are wanted, as in a request of the socket. */
  readonly filter?: Json | undefined;
  readonly rune: string | undefined;
  /** By this name the log tells of it. */
  readonly request_id?: string | undefined;
  /** The same key, of the same rune and with the same request, is run once. */
  readonly idempotency_key?: string | undefined;
  /**
   * It is part of what the rune was permitted before, as what comes over a stream is, and no further use of it. Of no
   * effect for commands that change something.
   */
  readonly continues?: boolean | undefined;
}

/** How a call went: the JSON of its result, at once or in pieces, or what it failed with. */
export type Outcome =
  | { readonly result: string | AsyncIterable<string> }
  | {
      readonly error: RpcError;
      /** The rune was refused, and nothing ran. */
      readonly is_refusal: boolean;
    };

export interface DispatchOptions {
  /**
   * Judges the rune of a call. Throws or rejects with RpcError. Without it every call is refused.
   */
  /** Asked before an answer leaves. Absent: nobody else could answer for this node. */
  readonly fence?: Fence;
  /** Told of each answer, for those who measure. */
  readonly onAnswered?: (method: string, seconds: number, is_good: boolean) => void;
  /** Runs a call once for each key: see shop/access/idempotency.ts. */
  readonly once?: (
    request: { readonly rune: string; readonly key: string; readonly content: string },
    run: () => Promise<string>,
  ) => Promise<string>;
  readonly judgeRune?: (rune: string, request: RequestToJudge, continues: boolean) => void | Promise<void>;
  /** The person whose session stands where a rune does; undefined for a rune. Throws RpcError when the session is over. */
  readonly personOf?: (credential: string) => Person | undefined;
  /** Where an unexpected exception is reported: a bug of ours. */
  readonly onUnexpected: (error: unknown, method: string) => void;
  /** What is said of commands that others have and this node refuses. */
  readonly refuse?: Refuse;
  /** In tests: an error that is not listed or a result that is not declared becomes an unexpected exception. */
  readonly strict?: boolean;
}

/** What every command may answer without listing it. */
const COMMON_ERRORS: ReadonlySet<ErrorName> = new Set(['INVALID_PARAMS', 'LIGHTNINGD', 'LIGHTNINGD_SHUTDOWN']);

/** The reply that carries an error. `id` is in its JSON spelling. */
export function errorReply(id: string, error: RpcError): string {
  const data = error.data === undefined ? '' : `,"data":${writeJson(error.data)}`;
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${error.code},"message":${JSON.stringify(error.message)}${data}}}\n\n`;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

/** Answers requests by the commands given. */
export class Dispatcher<Modules> {
  readonly #table: CommandTable<Command<Modules>>;
  readonly #modules: Modules;
  readonly #options: DispatchOptions;

  constructor(commands: readonly Command<Modules>[], modules: Modules, options: DispatchOptions) {
    this.#table = tableOf(commands, options.refuse);
    this.#modules = modules;
    this.#options = options;
  }

  /** The reply to one request of the stream. Never throws; at once where the command answers at once. */
  dispatch(request: Parsed, caller: Caller): Reply | Promise<Reply> {
    const reply = this.#reply(request, caller);
    return isPromise(reply) ? reply.then((said) => this.#fenced(said)) : this.#fenced(reply);
  }

  #reply(request: Parsed, caller: Caller): Reply | Promise<Reply> {
    let id = 'null';
    let method = '';
    const failed = (error: unknown): string => errorReply(id, this.#toRpcError(error, method));
    try {
      const envelope = request.value;
      if (!isJsonObject(envelope)) throw new RpcError('INVALID_REQUEST', 'Expected {} for json command');
      id = readId(envelope.id);
      method = readMethod(envelope, request.duplicate?.within === undefined ? request.duplicate?.name : undefined);
      const command = this.#table.find(method);
      if (command === undefined) throw this.#table.refusal(method) ?? unknownCommand(method);
      if (request.duplicate !== undefined) {
        throw new RpcError('INVALID_PARAMS', `duplicate json names: ${request.duplicate.name.slice(0, 80)}`);
      }
      const filter = envelope.filter === undefined ? undefined : compileFilter(envelope.filter);
      const params = readParams(command, envelope.params as Json);
      const start = this.#options.onAnswered === undefined ? 0 : performance.now();
      const answered = (result: unknown): Reply => {
        this.#options.onAnswered?.(command.name, (performance.now() - start) / 1000, true);
        this.#holdTo(command, result);
        return resultReply(id, filter === undefined ? result : filter(result));
      };
      const result = command.run(params, this.#modules, new RequestContext(id, caller));
      if (!isPromise(result)) return answered(result);
      return result.then(answered).catch((error: unknown) => {
        this.#options.onAnswered?.(command.name, (performance.now() - start) / 1000, false);
        return failed(this.#listed(command, error));
      });
    } catch (error) {
      const command = this.#table.find(method);
      return failed(command === undefined ? error : this.#listed(command, error));
    }
  }

  /** Judges the rune, then runs the command. Never throws. */
  async call(call: Call, caller: Caller): Promise<Outcome> {
    const { onAnswered } = this.#options;
    if (onAnswered === undefined) return this.#fenced(await this.#call(call, caller));
    const start = performance.now();
    const outcome = await this.#fenced(await this.#call(call, caller));
    // A name that is no command is the client's word, and would be a metric of its own.
    const command = this.#table.find(call.method);
    if (command !== undefined) onAnswered(command.name, (performance.now() - start) / 1000, 'result' in outcome);
    return outcome;
  }

  async #call(call: Call, caller: Caller): Promise<Outcome> {
    const { method, params, filter, rune: credential, request_id, idempotency_key } = call;
    const command = this.#table.find(method);
    let is_refusal = true;
    try {
      const person = credential === undefined ? undefined : this.#options.personOf?.(credential);
      const rune = person?.rune ?? credential;
      const judged = this.#judge(call, command, rune);
      if (judged !== undefined) await judged;
      is_refusal = false;
      if (command === undefined) throw this.#table.refusal(method) ?? unknownCommand(method);
      const pick = filter === undefined ? undefined : compileFilter(filter);
      const values = readParams(command, params);
      const answer = async (): Promise<string | AsyncIterable<string>> => {
        const result = await command.run(values, this.#modules, new RequestContext(`"${method}"`, caller));
        this.#holdTo(command, result);
        const picked = pick === undefined ? result : pick(result);
        return isStreamed(picked) ? streamJson(picked) : writeJson(picked);
      };
      const isRecorded = person !== undefined && command.access === 'write';
      const change = { method: command.name, params: isRecorded ? paramsToRecord(command, params) : '' };
      const run = () => (isRecorded ? person.record(change, answer) : answer());
      const { once } = this.#options;
      if (idempotency_key === undefined || once === undefined) return { result: await run() };
      const request = { rune: rune as string, key: idempotency_key, content: `${command.name} ${spell(params)}` };
      return { result: await once(request, async () => textOf(await run())) };
    } catch (error) {
      const known = command === undefined || is_refusal ? error : this.#listed(command, error);
      const name = request_id === undefined ? method : `${method} (request ${request_id})`;
      return { error: this.#toRpcError(known, name), is_refusal };
    }
  }

  /**
   * Judges the rune, and runs nothing: for a thing that is no command, such as hearing notifications, and for a command that
   * is going to be called later. Never throws.
   */
  async judge(call: Call): Promise<RpcError | undefined> {
    const { method, rune } = call;
    try {
      const person = rune === undefined ? undefined : this.#options.personOf?.(rune);
      await this.#judge(call, this.#table.find(method), person?.rune ?? rune);
      return undefined;
    } catch (error) {
      return this.#toRpcError(error, method);
    }
  }

  /** The answer, once it may leave. */
  #fenced<Answer>(answer: Answer): Answer | Promise<Answer> {
    const asked = this.#options.fence?.();
    return asked === undefined ? answer : asked.then(() => answer);
  }

  #judge(
    { method, params, continues }: Call,
    command: Command<Modules> | undefined,
    rune: string | undefined,
  ): void | Promise<void> {
    const { judgeRune } = this.#options;
    if (rune === undefined || judgeRune === undefined) {
      throw new RpcError('RUNE_NOT_AUTHORIZED', 'Not authorized: Missing rune');
    }
    const view = runeView(method, undefined, params, { command, by_meaning: true });
    return judgeRune(rune, view, continues === true && command?.access === 'read');
  }

  #holdTo(command: Command<Modules>, result: unknown): void {
    if (this.#options.strict !== true) return;
    const fault = findFault(command.returns, result);
    if (fault !== undefined) throw new TypeError(`${command.name} answers what it does not declare: ${fault}`);
  }

  #listed(command: Command<Modules>, error: unknown): unknown {
    if (this.#options.strict !== true || !(error instanceof RpcError)) return error;
    if (COMMON_ERRORS.has(error.error) || command.errors.includes(error.error)) return error;
    return new TypeError(`${command.name} answers an error that it does not list: ${error.error}`, { cause: error });
  }

  #toRpcError(error: unknown, method: string): RpcError {
    if (error instanceof RpcError) return error;
    // A text of the client that no database keeps, such as one with a zero character; nothing was written.
    if (error instanceof StoreRefusedError) return new RpcError('INVALID_PARAMS', error.message);
    this.#options.onUnexpected(error, method);
    // The operator's matter, in words that say what to do.
    if (error instanceof StoreFailure) return new RpcError('LIGHTNINGD', error.message);
    return new RpcError('LIGHTNINGD', `${method} failed for a reason that its log tells: this is a bug of the node`);
  }
}

/** A result as one text. */
async function textOf(result: string | AsyncIterable<string>): Promise<string> {
  if (typeof result === 'string') return result;
  let text = '';
  for await (const piece of result) text += piece;
  return text;
}

function readId(id: Json | undefined): string {
  if (id === undefined) throw new RpcError('INVALID_REQUEST', 'No id');
  if (typeof id === 'object' && id !== null && !(id instanceof Literal)) {
    throw new RpcError('INVALID_REQUEST', 'Expected string/primitive for id');
  }
  return spell(id);
}

function readMethod(envelope: Readonly<Record<string, Json>>, duplicate: string | undefined): string {
  if (duplicate !== undefined) {
    throw new RpcError('INVALID_REQUEST', `duplicate json names: ${duplicate.slice(0, 80)}`);
  }
  if (envelope.jsonrpc !== '2.0') {
    throw new RpcError('INVALID_REQUEST', 'jsonrpc: "2.0" must be specified in the request');
  }
  const given = envelope.method;
  const method = given instanceof Literal ? given.value : given;
  if (method === undefined) throw new RpcError('INVALID_REQUEST', 'No method');
  if (typeof method !== 'string') throw new RpcError('INVALID_REQUEST', 'Expected string for method');
  if (envelope.params === undefined) throw new RpcError('INVALID_REQUEST', 'No params');
  return method;
}

function resultReply(id: string, result: unknown): Reply {
  const head = `{"jsonrpc":"2.0","id":${id},"result":`;
  if (!isStreamed(result)) return `${head}${writeJson(result)}}\n\n`;
  return (async function* () {
    yield head;
    yield* streamJson(result);
    yield '}\n\n';
  })();
}

class RequestContext implements Context {
  readonly request_id: string;
  readonly #caller: Caller;
  #signal: AbortSignal | undefined;

  constructor(request_id: string, caller: Caller) {
    this.request_id = request_id;
    this.#caller = caller;
  }

  /** Made when it is first asked for: most commands never wait. */
  get signal(): AbortSignal {
    this.#signal ??= this.#caller.signalFor();
    return this.#signal;
  }

  get transport(): Context['transport'] {
    return this.#caller.transport;
  }

  get connection(): ConnectionSettings {
    return this.#caller.connection;
  }

  notify(level: NoticeLevel, message: string): void {
    if (!this.connection.notifications) return;
    const text = `{"jsonrpc":"2.0","method":"message","params":{"id":${this.request_id},"level":"${level}"`;
    this.#caller.send(`${text},"message":${JSON.stringify(message)}}}\n\n`);
  }

  afterReply(action: () => void): void {
    this.#caller.afterReply(action);
  }
}
