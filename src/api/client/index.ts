/**
 * A typed client of a node's Unix socket, for programs beside the node: `lightning-till/client`. Calls may run side by
 * side on one connection; each ends with its result, or with a CallError in the node's words. When the node restarts, the
 * client connects again, and calls that only read go on as if nothing had happened.
 */
import { Client, type ClientOptions } from './client.ts';

export type { Notice } from './calls.ts';
export type { CallArguments, CallOptions, Client, ClientOptions } from './client.ts';
export type { Commands } from './commands.ts';
export { CallError, ConnectionError } from './errors.ts';

/** Connects to a node by the path of its socket, `DIR/NETWORK/lightning-rpc`. Rejects with ConnectionError. */
export function connectToNode(path: string, options?: ClientOptions): Promise<Client> {
  return Client.connect(path, options);
}
