/** Errors of `/api/v1`: problem details (RFC 9457), with the number and the name of the catalogue. */
import type { ServerResponse } from 'node:http';
import { ERRORS, type ErrorName } from '../../../base/errors.ts';
import type { WebError } from '../../rpc/frames.ts';
import type { Refusals } from '../refusals.ts';

/** What went wrong before the node was asked. */
export interface OwnProblem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const TYPE = 'urn:lightning-till:error:';

function send(
  response: ServerResponse,
  status: number,
  members: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response
    .writeHead(status, {
      ...headers,
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(members),
    })
    .end(members);
}

/** Answers with a problem of the request itself. */
export function sendProblem(response: ServerResponse, problem: OwnProblem, request_id: string): void {
  const { status, title, detail, headers = {} } = problem;
  const body = { type: 'about:blank', title, status, detail, instance: `urn:request:${request_id}` };
  send(response, status, JSON.stringify(body), headers);
}

/** Answers with what the node said: at once, or where it lets nobody in, when that is due. */
export function sendError(response: ServerResponse, failure: WebError, request_id: string, refusals: Refusals): void {
  const { error, code, message, data_json, is_refusal } = failure;
  const known = ERRORS[error as ErrorName];
  const status = is_refusal && error === 'INVALID_PARAMS' ? 401 : known.http_status;
  const body = JSON.stringify({
    type: TYPE + error,
    title: known.meaning,
    status,
    detail: message,
    instance: `urn:request:${request_id}`,
    code,
    error,
  });
  const whole = data_json === 'null' ? body : `${body.slice(0, -1)},"data":${data_json}}`;
  const headers = {
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error === 'NODE_IS_STANDBY' ? { 'retry-after': '1' } : {}),
  };
  const write = (): void => send(response, status, whole, headers);
  if (is_refusal) refusals.send(response, write);
  else write();
}
