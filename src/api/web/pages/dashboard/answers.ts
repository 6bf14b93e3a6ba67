/** Reading what commands answer: rows of JSON, whose members have the types that the commands declare. */
import { isJsonObject, type Json, type JsonObject } from '../../../rpc/json.ts';

/** The member that is a list of objects; empty when there is none. */
export function rowsIn(answer: JsonObject, name: string): readonly JsonObject[] {
  const list = answer[name];
  return Array.isArray(list) ? (list as readonly Json[]).filter((row) => isJsonObject(row)) : [];
}

/** The member that is an object; an empty one when there is none. */
export function objectIn(answer: JsonObject, name: string): JsonObject {
  const member = answer[name];
  return isJsonObject(member) ? member : {};
}

/** The member's text; undefined when it has none. */
export function textIn(answer: JsonObject, name: string): string | undefined {
  const member = answer[name];
  return typeof member === 'string' ? member : undefined;
}

/** The member's whole number, of any size; undefined when it has none. */
export function integerIn(answer: JsonObject, name: string): bigint | undefined {
  const member = answer[name];
  return typeof member === 'number' || typeof member === 'bigint' ? BigInt(member) : undefined;
}

/** The member's number, small enough to be exact: a time, a count. 0 when there is none. */
export function countIn(answer: JsonObject, name: string): number {
  return Number(integerIn(answer, name) ?? 0n);
}

/** An amount in msat; 0 when there is none. */
export function msatIn(answer: JsonObject, name: string): bigint {
  return integerIn(answer, name) ?? 0n;
}
