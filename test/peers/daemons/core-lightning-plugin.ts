/** What a plugin of Core Lightning is: JSON-RPC on standard input and output, with an empty line after each message. */

/** A request of Core Lightning. */
export interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export interface PluginParts {
  readonly rpcmethods: readonly { readonly name: string; readonly usage: string; readonly description: string }[];
  readonly hooks: readonly { readonly name: string; readonly filters?: readonly string[] }[];
  /** The answer to a call; undefined where it is given later, by `sendAnswer`. */
  answer(call: Call): unknown;
}

/** Answers a call. */
export function sendAnswer(id: unknown, result: unknown): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
}

/** Answers what Core Lightning asks, until it hangs up. */
export function runPlugin({ rpcmethods, hooks, answer }: PluginParts): void {
  let text = '';
  process.stdin.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    const calls = text.split('\n\n');
    text = calls.pop() as string;
    for (const call of calls.map((each) => JSON.parse(each) as Call)) {
      const isManifest = call.method === 'getmanifest';
      const result = isManifest ? { options: [], rpcmethods, hooks, dynamic: true } : answer(call);
      if (result !== undefined) sendAnswer(call.id, result);
    }
  });
}
