/** `till METHOD ...`: asks a running node, prints what it answers, and ends with lightning-cli's exit codes. */
import { type ClientRequest, parseClientArguments, UsageError } from './arguments.ts';
import { exchange, UnreachableError } from './exchange.ts';
import { EXIT } from './exit-codes.ts';
import { parseExact, render } from './output.ts';

const NOTICE_LEVELS = ['debug', 'info', 'unusual', 'broken'];

export async function runClient(args: readonly string[]): Promise<number> {
  let request: ClientRequest;
  try {
    request = parseClientArguments(args, process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
  try {
    return await ask(request);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    process.stderr.write(`till: ${error.message}\nIs a node running? Start one with: till start (or npm start)\n`);
    return EXIT.unreachable;
  }
}

async function ask(request: ClientRequest): Promise<number> {
  const { rpc_file, method, params, filter, notices } = request;
  const id = `"cli:${method.replace(/[^a-z0-9-]/gi, '')}#${process.pid}"`;
  const filtered = filter === undefined ? '' : `,"filter":${filter}`;
  const enable = '{"jsonrpc":"2.0","id":"cli:notifications","method":"notifications","params":{"enable":true}}';
  const question = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}${filtered}}`;
  let code: number = EXIT.ok;
  await exchange(rpc_file, [...(notices === undefined ? [] : [enable]), question], (text) => {
    const message = parseExact(text) as Record<string, never>;
    if (message.method !== undefined) {
      showNotice(message, notices);
      return false;
    }
    if (JSON.stringify(message.id) !== id) return false;
    code = show(message, text, request);
    return true;
  });
  return code;
}

function showNotice(
  message: { readonly params?: { level?: string; message?: string } },
  least: string | undefined,
): void {
  const { level = 'info', message: text = '' } = message.params ?? {};
  if (NOTICE_LEVELS.indexOf(level.toLowerCase()) < NOTICE_LEVELS.indexOf(least ?? 'broken')) return;
  process.stderr.write(`# ${text}\n`);
}

function show(
  message: { readonly error?: unknown; readonly result?: unknown },
  text: string,
  { style, method }: ClientRequest,
): number {
  const isTerminal = process.stdout.isTTY === true;
  if (message.error !== undefined) {
    process.stdout.write(
      style === 'raw' ? `${text}\n` : render(message.error as never, style === 'default' ? 'json' : style, false),
    );
    return EXIT.error;
  }
  if (style === 'raw') process.stdout.write(`${text}\n`);
  else {
    const isHelp = method === 'help' && style === 'default';
    process.stdout.write(render(message.result as never, isHelp ? 'human' : style, isTerminal));
    if (isTerminal && style === 'default') void drawInvoice(message.result);
  }
  return EXIT.ok;
}

/** An invoice at a terminal is shown as a QR code as well: a phone can pay it at once. */
async function drawInvoice(result: unknown): Promise<void> {
  const { bolt11 } = (result ?? {}) as { bolt11?: unknown };
  if (typeof bolt11 !== 'string' || 'invoices' in (result as object)) return;
  const { renderUnicodeCompact } = await import('uqr');
  // Upper case makes a smaller code: it has a denser alphabet, and bech32 allows it.
  process.stdout.write(`\n${renderUnicodeCompact(bolt11.toUpperCase(), { border: 2 })}\n`);
}
