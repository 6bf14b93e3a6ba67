/** What watches a node: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever restarts or balances. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Report } from '../rpc/frames.ts';
import type { NodeLink } from './node-link.ts';

const REPORTS = { '/metrics': 'metrics', '/healthz': 'liveness', '/readyz': 'readiness' } as const;

/** Answers a request. No rune is asked for: keep the address away from strangers. */
export function serveOperators(link: NodeLink, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const path = (request.url ?? '').split('?')[0] as string;
  const what = Object.hasOwn(REPORTS, path) ? REPORTS[path as keyof typeof REPORTS] : undefined;
  const refuse = (status: number): void => void response.writeHead(status, { 'content-length': 0 }).end();
  if (what === undefined) {
    refuse(404);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(405);
    return;
  }
  link.report(what, {
    onPiece: (_json, next) => next(),
    onResult(json) {
      const { status, content_type, body } = JSON.parse(json) as Report;
      response.writeHead(status, { 'content-type': content_type, 'cache-control': 'no-store' }).end(body);
    },
    onError: () => refuse(500),
    onBusy: () => refuse(503),
  });
}
