/** What a page is made of: the request as it sees it, what it may answer, and the tools that it works with. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/types/clock.ts';
import type { PagesSettings } from '../settings.ts';
import type { Assets } from './assets.ts';
import type { Form } from './form.ts';
import type { MoreDirectives } from './headers.ts';
import type { Html } from './html.ts';
import type { Language } from './language.ts';
import type { LiveStreams } from './live-streams.ts';
import type { NodeCalls } from './node-calls.ts';
import type { ProblemName } from './problems.ts';
import type { STREAMED } from './streamed.ts';

/** A request, as a route sees it. */
export interface PageRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of its query; the host in it is nobody's. */
  readonly url: URL;
  /** The parts of the path that stand in braces in the route's. */
  readonly params: Readonly<Record<string, string>>;
  /** What was sent with POST; empty otherwise. */
  readonly form: Form;
  readonly language: Language;
  /** The client's, for limits. */
  readonly address: string;
  /** Where the pages are for this client: `https://pay.example`, without a slash at the end. */
  readonly base_url: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The cookie of this name. */
  cookie(name: string): string | undefined;
}

/** Headers of an answer; several of one name as a list. */
export type PageHeaders = Readonly<Record<string, string | string[]>>;

/** What a route may answer. */
export type PageAnswer =
  | {
      readonly html: Html;
      readonly status?: number;
      readonly headers?: PageHeaders;
      /** Directives that this page needs beside those of all, such as `{ 'manifest-src': "'self'" }`. */
      readonly csp?: MoreDirectives;
    }
  /** Go and see this path of ours. */
  | { readonly see: string; readonly headers?: PageHeaders }
  | {
      readonly body: string | Buffer;
      readonly content_type: string;
      readonly status?: number;
      readonly headers?: PageHeaders;
    }
  /** A file that is sent as it comes. */
  | { readonly pieces: AsyncIterable<string>; readonly content_type: string; readonly headers?: PageHeaders }
  /** A page that says what is wrong; `detail` stands below it. */
  | { readonly problem: ProblemName; readonly headers?: PageHeaders; readonly detail?: string }
  | typeof STREAMED;

/** One path with one method. GET answers HEAD too, and changes nothing. */
export interface PageRoute {
  readonly method: 'GET' | 'POST';
  /** Such as `/i/{id}`: a part in braces takes any text. */
  readonly path: string;
  /** Any site may read the answer, and send the request: for what programs elsewhere ask, as LNURL. */
  readonly is_open?: boolean;
  /** Of a form; default: 16 kB. */
  readonly most_body_bytes?: number;
  /** May throw PageProblem. NodeRefused and NodeBusy that it lets through become pages that say so. */
  readonly answer: (asked: PageRequest) => PageAnswer | Promise<PageAnswer>;
}

/** What routes work with. */
export interface PageTools {
  readonly node: NodeCalls;
  readonly clock: Clock;
  readonly assets: Assets;
  readonly streams: LiveStreams;
  readonly settings: PagesSettings;
}

/** The routes of one purpose. */
export type RouteSet = (tools: PageTools) => readonly PageRoute[];
