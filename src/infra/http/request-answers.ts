/**
 * The inside of a process that speaks HTTP for the node (request-process.ts). It has a pair of sockets to the node as its
 * fourth file (descriptor 3), and nothing else: no key, no file, no program.
 */
import { Socket } from 'node:net';
import { dropFiles } from '../../base/bare-process.ts';
import { lineOf, onValues } from './json-lines.ts';
import type { FromProcess, ToProcess } from './request-process.ts';

/** Answers one request; `signal` ends it. Never rejects. */
export type AnswerRequest<Request, Outcome> = (request: Request, signal: AbortSignal) => Promise<Outcome>;

/** Runs until the node goes: `open` makes what answers requests, of the settings that come first. */
export function answerRequests<Settings, Request, Outcome>(
  open: (settings: Settings) => AnswerRequest<Request, Outcome>,
): void {
  const socket = new Socket({ fd: 3, readable: true, writable: true });
  const under_way = new Map<number, AbortController>();
  let answer: AnswerRequest<Request, Outcome> | undefined;
  onValues<ToProcess<Settings, Request>>(socket, (message) => {
    if (message.kind === 'settings') {
      answer = open(message.settings);
      dropFiles();
    } else if (message.kind === 'cancel') {
      under_way.get(message.number)?.abort();
    } else {
      const { number } = message;
      const abort = new AbortController();
      under_way.set(number, abort);
      void answer?.(message.request, abort.signal).then((outcome) => {
        under_way.delete(number);
        socket.write(lineOf({ number, outcome } satisfies FromProcess<Outcome>));
      });
    }
  });
  // The node is gone, or needs it no more.
  socket.on('close', () => process.exit(0));
  socket.on('error', () => {});
  // The terminal's Ctrl-C reaches this process as well; it ends when the node does.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
}
