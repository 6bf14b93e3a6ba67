/**
 * A plugin of Core Lightning, which has no held invoices of its own: the HTLCs of a payment hash that was named to `hold`
 * wait in the hook `htlc_accepted` until `release` names it. A plugin speaks JSON-RPC on its standard input and output.
 */
interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

const CONTINUE = { result: 'continue' };
const holding = new Set<string>();
const waiting = new Map<string, unknown[]>();

function answer(id: unknown, result: unknown): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
}

function command(name: string) {
  return { name, usage: 'payment_hash', description: `${name} the HTLCs of a payment` };
}

/** The answer to a call; undefined where that waits. */
function resultOf({ id, method, params }: Call): unknown {
  const payment_hash = String(params.payment_hash);
  switch (method) {
    case 'getmanifest': {
      const rpcmethods = ['hold', 'held', 'release'].map(command);
      return { options: [], rpcmethods, hooks: [{ name: 'htlc_accepted' }], dynamic: true };
    }
    case 'htlc_accepted': {
      const hash = (params.htlc as { payment_hash: string }).payment_hash;
      if (!holding.has(hash)) return CONTINUE;
      waiting.set(hash, [...(waiting.get(hash) ?? []), id]);
      return undefined;
    }
    case 'hold':
      holding.add(payment_hash);
      return {};
    case 'held':
      return { is_held: waiting.has(payment_hash) };
    case 'release':
      holding.delete(payment_hash);
      for (const each of waiting.get(payment_hash) ?? []) answer(each, CONTINUE);
      waiting.delete(payment_hash);
      return {};
    default:
      return {};
  }
}

let text = '';
process.stdin.setEncoding('utf8').on('data', (piece: string) => {
  text += piece;
  const calls = text.split('\n\n');
  text = calls.pop() as string;
  for (const call of calls.map((each) => JSON.parse(each) as Call)) {
    const result = resultOf(call);
    if (result !== undefined) answer(call.id, result);
  }
});
