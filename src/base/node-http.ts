/**
 * node:http without what nobody here uses: an `import` of it reads every name that it exports, and one of them loads a client
 * for WebSockets. That takes 60 ms of CPU at each start, and 4 MB of a node's memory.
 */
const http = process.getBuiltinModule('node:http');

export const { createServer, request, Agent, ServerResponse } = http;
export type Agent = import('node:http').Agent;
export type ServerResponse = import('node:http').ServerResponse;
export type { IncomingMessage, Server } from 'node:http';
