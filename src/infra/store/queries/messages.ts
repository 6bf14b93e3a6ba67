/** What the node and the process of queries say to each other. */
import type { SqlValue } from '../store.ts';
import type { QueryTable } from './tables.ts';

/** What bounds a query. */
export interface QueryLimits {
  /** The longest that it may compute: then its process is killed. */
  readonly time_ms: number;
  /** The most memory that its process may hold. */
  readonly memory_bytes: number;
  /** The most rows and characters of its answer. */
  readonly rows: number;
  readonly characters: number;
}

/** To the process. `open` comes first, once; then for each query, by its number, `plan`, the rows that it needs, and `run`. */
export type QueryRequest =
  | {
      readonly kind: 'open';
      /** The database's file; undefined when there is none. */
      readonly file: string | undefined;
      readonly tables: readonly QueryTable[];
      /** Functions without values, and what they answer: for views. */
      readonly words: Readonly<Record<string, string>>;
      readonly limits: QueryLimits;
    }
  | { readonly kind: 'plan'; readonly number: number; readonly sql: string }
  | {
      readonly kind: 'rows';
      readonly number: number;
      readonly table: string;
      readonly rows: readonly (readonly SqlValue[])[];
    }
  | { readonly kind: 'run'; readonly number: number; readonly sql: string; readonly now_seconds: number };

/** From the process, about the query of this number. */
export type QueryReply = { readonly number: number } & QueryNews;

/** What became of it. */
export type QueryNews =
  /** The answer to `plan`: the tables whose rows it needs. */
  | { readonly kind: 'needs'; readonly tables: readonly string[] }
  /** Rows of the answer to `run`, each as a JSON array. */
  | { readonly kind: 'answer'; readonly rows: readonly string[] }
  | { readonly kind: 'done' }
  /** The query is over. */
  | { readonly kind: 'failed'; readonly message: string };
