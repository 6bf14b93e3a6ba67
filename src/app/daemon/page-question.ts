/** What a question of a page is: see page-questions.ts for all that there are. */
import type { JsonObject } from '../../api/rpc/json.ts';
import type { BuiltLayers } from './command-modules.ts';

/**
 * Answers a question with what is written as JSON, an object. Rejects with an RpcError for what the page shall know, and with
 * the reason of the signal when nobody waits any more.
 */
export type PageQuestion = (params: JsonObject, signal: AbortSignal) => Promise<unknown>;

/** Questions by their names. */
export type PageQuestions = Readonly<Record<string, PageQuestion>>;

/** The layers that answers are found in. */
export type AnsweringLayers = Pick<BuiltLayers, 'infra' | 'node' | 'shop'>;

/** A parameter that is text; empty when it is not. */
export function textParam(params: JsonObject, name: string): string {
  const value = params[name];
  return typeof value === 'string' ? value : '';
}
