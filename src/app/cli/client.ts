/** `till METHOD ...`: asks a running node, prints what it answers, and ends with lightning-cli's exit codes. */
import { dirname } from 'node:path';
import { EXIT } from '../config/exit-codes.ts';
import { type ClientRequest, isShown, type NoticeLevel, parseClientArguments, UsageError } from './arguments.ts';
import { exchange, UnreachableError } from './exchange.ts';
import { render } from './output.ts';
import { printable } from './printable.ts';
import { parseExact, type Shown } from './shown.ts';
import { terminalColumns } from './terminal.ts';

const MORE_HELP = '---\ntill help METHOD tells more about one\n';

/** Whose result holds something to show to a payer, and its name there. */
const FOR_PAYERS: ReadonlyMap<string, string> = new Map([
  ['invoice', 'bolt11'],
  ['createinvoice', 'bolt11'],
  ['createlightningaddress', 'lnurl'],
]);

/** At a terminal it shows a price, and asks whether to pay it. */
const ASKS_FIRST = 'buychannel';

/** As in lightning-cli these may stand anywhere before `--`. */
const HELP_OPTIONS: readonly string[] = ['--help', '-h'];
const VERSION_OPTIONS: readonly string[] = ['--version', '-V'];

/** Runs the client on the arguments of `till`; resolves with the exit code. */
export async function runClient(args: readonly string[]): Promise<number> {
  const before = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (before.some((argument) => VERSION_OPTIONS.includes(argument))) {
    process.stdout.write(`${(await import('../../base/version.ts')).version()}\n`);
    return EXIT.ok;
  }
  if (before.some((argument) => HELP_OPTIONS.includes(argument))) {
    return await showHelp(args.filter((argument) => !HELP_OPTIONS.includes(argument)));
  }
  let request: ClientRequest;
  try {
    request = parseClientArguments(args, process.env);
    if (request.is_order_guessed) (await import('./hints.ts')).refuseMixed(request);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { parameterNotOption } = await import('./hints.ts');
    process.stderr.write(`till: ${parameterNotOption(error, args) ?? error.message}\n`);
    return EXIT.usage;
  }
  if (request.method === 'help' && request.style === 'default' && request.words.length > 0) {
    const { showManual } = await import('./manual.ts');
    if (await showManual(request.words[0] as string)) return EXIT.ok;
  }
  // Whoever reads the output may leave early, such as head(1).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  try {
    return await ask(request);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return await sayUnreachable(request, error);
  }
}

/** What can be said without the node: what is known to be wrong, where another node is, and the list of commands. */
async function sayUnreachable(request: ClientRequest, error: UnreachableError): Promise<number> {
  const { hintAtNames } = await import('./hints.ts');
  const { nodesElsewhere } = await import('./elsewhere.ts');
  process.stderr.write(`till: ${error.message}\n`);
  for (const other of error.is_absent ? await nodesElsewhere(request) : []) process.stderr.write(`till: ${other}\n`);
  const hint = hintAtNames(request);
  if (hint !== undefined) process.stderr.write(`till: ${hint}\n`);
  if (request.method !== 'help' || request.words.length > 0) return EXIT.unreachable;
  const { commands } = await import('../../api/commands/index.ts');
  const { usageLine } = await import('../../api/rpc/faces/usage.ts');
  const lines = commands.map(usageLine).sort();
  process.stdout.write(`What a node of this version can be asked:\n${lines.join('\n')}\n${MORE_HELP}`);
  return EXIT.unreachable;
}

/** The manual of the method among the arguments, or the help of `till` itself. */
async function showHelp(args: readonly string[]): Promise<number> {
  try {
    const { method } = parseClientArguments(args, process.env);
    const { showManual } = await import('./manual.ts');
    if (await showManual(method)) return EXIT.ok;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  process.stdout.write((await import('./usage.ts')).usage());
  return EXIT.ok;
}

async function ask(request: ClientRequest): Promise<number> {
  const { rpc_file, method, params, filter, notices } = request;
  const id = `cli:${method.replace(/[^a-z0-9_-]/gi, '')}#${process.pid}`;
  const questions = [
    ...(notices === 'none' ? [] : [requestText('notifications', `${id}:notifications`, '{"enable":true}', undefined)]),
    requestText(method, id, params, filter),
  ];
  let reply: Reply | undefined;
  await exchange(rpc_file, questions, (text) => {
    const message = parseReply(text);
    if (message.method !== undefined) showNotice(message, notices);
    else if (message.id === id) reply = message;
    return reply !== undefined;
  });
  if (method === ASKS_FIRST && request.style === 'default' && reply?.error === undefined) {
    const { confirmPurchase, isAtTerminal } = await import('./confirm-purchase.ts');
    const bought = isAtTerminal() ? await confirmPurchase(request, reply?.result ?? null) : undefined;
    if (bought !== undefined) return await ask(bought);
  }
  return await show(reply as Reply, request);
}

function requestText(method: string, id: string, params: string, filter: string | undefined): string {
  const filtered = filter === undefined ? '' : `,"filter":${filter}`;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":${params}${filtered}}`;
}

interface Reply {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly level?: unknown; readonly message?: unknown };
  readonly error?: Shown;
  readonly result?: Shown;
}

function parseReply(text: string): Reply {
  let reply: unknown;
  try {
    reply = parseExact(text);
  } catch {
    throw new UnreachableError('what listens there answered something that is no JSON: it is no node');
  }
  if (typeof reply !== 'object' || reply === null) throw new UnreachableError('the answer is no object');
  return reply;
}

function showNotice({ method, params = {} }: Reply, least: NoticeLevel): void {
  const { level, message } = params;
  if (method !== 'message' || typeof level !== 'string' || typeof message !== 'string') return;
  if (isShown(level, least)) process.stderr.write(`# ${printable(message)}\n`);
}

async function show(reply: Reply, request: ClientRequest): Promise<number> {
  const { style, method, words } = request;
  const columns = terminalColumns();
  if (reply.error !== undefined && reply.error !== null) {
    process.stdout.write(render(reply.error, style === 'raw' ? 'raw' : 'json', undefined));
    const hint = (await import('./hints.ts')).hintAtNames(request);
    if (hint !== undefined) process.stderr.write(`till: ${hint}\n`);
    return EXIT.error;
  }
  // Who moves the database next must not do so while the node still writes to it.
  if (method === 'stop') await (await import('./stopped.ts')).waitUntilStopped(dirname(request.rpc_file));
  const result = reply.result ?? null;
  process.stdout.write(render(result, style, columns));
  if (style !== 'default') return EXIT.ok;
  if (method === 'help' && words.length === 0) process.stdout.write(MORE_HELP);
  const drawn = FOR_PAYERS.get(method);
  if (columns !== undefined && drawn !== undefined) await drawForPayer(result, drawn, columns);
  return EXIT.ok;
}

/** What a phone can pay is shown at a terminal as a QR code as well. */
async function drawForPayer(result: Shown, member: string, columns: number): Promise<void> {
  const text = ((result ?? {}) as Readonly<Record<string, unknown>>)[member];
  if (typeof text !== 'string') return;
  const { qrCode } = await import('./qr-code.ts');
  const { NO_COLOR, TERM } = process.env;
  const has_colours = (NO_COLOR ?? '') === '' && TERM !== 'dumb';
  process.stdout.write(`\n${qrCode(text, { columns, has_colours })}`);
}
