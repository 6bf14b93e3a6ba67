/** What `till` does itself, without a running node: each command once, for dispatch, help, manuals and completion. */
import type { Entry } from '../../api/rpc/faces/page.ts';
import type { OptionDefinition } from '../config/option.ts';
import { OPTIONS } from '../config/options.ts';

/** A command of `till` itself. */
export interface OwnCommand {
  readonly summary: string;
  /** How it is typed. */
  readonly usage: string;
  readonly paragraphs: readonly string[];
  readonly options: readonly Entry[];
}

const PLACE: readonly Entry[] = [
  option('--lightning-dir=DIR', 'The directory of all files. Default: `$TILL_DIR`, else `~/.till`.'),
  option('--network=NETWORK', 'The Bitcoin network: bitcoin, testnet, testnet4, signet or regtest.'),
];

/** By name, in the order in which a newcomer needs them. */
export const OWN_COMMANDS = {
  start: {
    summary: 'Run a node',
    usage: 'till start [OPTION ...]',
    paragraphs: [
      'Runs a node until it is told to stop: by `till stop`, by SIGTERM, or by Ctrl-C. With `--daemon` it runs in the background.',
      'Options may also stand in `DIR/config`, and those for one network in `DIR/NETWORK/config`: one a line, without the dashes. A later one counts more: first the file for all networks, then that of the network, then the command line.',
    ],
    options: Object.entries(OPTIONS as Record<string, OptionDefinition>).map(([name, definition]) =>
      option(`--${name}${placeholderOf(definition)}`, `${definition.doc}${defaultOf(definition)}`),
    ),
  },
  sandbox: {
    summary: 'Try things out: a shop and a customer on a chain of their own',
    usage: 'till sandbox [--jit | --postgres] [--lightning-dir=DIR]',
    paragraphs: [
      'Starts a Bitcoin chain, a shop and a customer on this machine, opens a channel between them and pays an invoice. Nothing of it is worth anything, and nothing leaves the machine. It runs until Ctrl-C; the next start goes on where it was.',
      'The shop is the node that `till` asks by default. The customer is asked with `--lightning-dir=DIR/customer`.',
    ],
    options: [
      option(
        '--jit',
        'Shows a shop that has nothing: it buys its first channel of a provider with its first payment. Its files are in `DIR/jit`.',
      ),
      option(
        '--postgres',
        'Shows a shop whose node is a pair with its wallet on a PostgreSQL server: kill the one that works, and the other takes over. Its files are in `DIR/pair`.',
      ),
      ...PLACE.slice(0, 1),
    ],
  },
  seed: {
    summary: 'Show the twenty-four words that every key is made from, once',
    usage: 'till seed [--again] [--lightning-dir=DIR] [--network=NETWORK]',
    paragraphs: [
      'Shows the twenty-four words that every key of the node is made from: once, and then only with `--again`. Whoever has them has the money of the node. Write them on paper.',
    ],
    options: [option('--again', 'Shows them although they were shown before.'), ...PLACE],
  },
  'connect-wallet': {
    summary: 'Print the link by which a wallet speaks to this node over REST',
    usage: 'till connect-wallet [--readonly] [--host=ADDRESS:PORT] [--lightning-dir=DIR] [--network=NETWORK]',
    paragraphs: [
      'Makes a rune and prints the link that Zeus and other wallets for Core Lightning take, with the certificates that they need; at a terminal also as a QR code. The node must run with `clnrest-port`.',
      'Whoever has the link can do what its rune permits: everything, or with `--readonly` only look. `till showrunes` lists the runes, `till blacklistrune` revokes one.',
    ],
    options: [
      option('--readonly', 'The wallet may look, and change nothing.'),
      option(
        '--host=ADDRESS:PORT',
        'Where the wallet reaches the node, when that is not where it serves: behind a proxy, for one.',
      ),
      ...PLACE,
    ],
  },
  'move-database': {
    summary: 'Move the database of a stopped node to a PostgreSQL server, or back',
    usage:
      'till move-database --from=sqlite3:// --to=postgres://USER@HOST:PORT/DATABASE [--wallet-password-file=FILE] [--lightning-dir=DIR] [--network=NETWORK]',
    paragraphs: [
      'Copies every row, reads both databases again and compares them, and then sets the old one aside: a file is called `till.sqlite3.moved` afterwards, and a database on a server is marked, so that a node which starts from either gives its channels up. Nothing of it happens when anything differs. With the two ends exchanged the database comes back.',
      'The node must be stopped, and must have run on the database that is moved. The database on the server must exist, with no tables of a node in it.',
    ],
    options: [
      option('--from=DSN', 'Where the database is: `sqlite3://` is the file in its place.'),
      option('--to=DSN', 'Where it goes.'),
      option('--wallet-password-file=FILE', 'A file that holds the password for the server.'),
      ...PLACE,
    ],
  },
  dashboard: {
    summary: 'Print a link that opens the dashboard',
    usage: 'till dashboard [--user=NAME] [--lightning-dir=DIR] [--network=NETWORK]',
    paragraphs: [
      'Prints a link that opens the dashboard in a browser and signs the owner in: once, within ten minutes. There a password can be set or a passkey added. The node must run with `dashboard-bind` or `shop-bind`.',
      '`till createuser` adds others, `till listsessions` shows who is signed in, `till deletesession` ends a session.',
    ],
    options: [option('--user=NAME', 'Sign this user in, and not the first owner.'), ...PLACE],
  },
  completion: {
    summary: 'Print a script that completes names in a shell',
    usage: 'till completion bash|zsh|fish',
    paragraphs: [
      'Prints a script for the shell that is named. It completes commands and options.',
      'For bash: `till completion bash > ~/.local/share/bash-completion/completions/till`. For zsh: put the output into a file `_till` in a directory of `$fpath`. For fish: `till completion fish > ~/.config/fish/completions/till.fish`.',
    ],
    options: [],
  },
} as const satisfies Record<string, OwnCommand>;

/** The names of these commands. */
export const OWN_COMMAND_NAMES: readonly string[] = Object.keys(OWN_COMMANDS);

/** What `till NAME --help` prints. */
export function ownHelp(name: keyof typeof OWN_COMMANDS): string {
  const { usage, paragraphs, options } = OWN_COMMANDS[name];
  const listed = options.map(({ term, text }) => `  ${term}\n      ${text}`).join('\n');
  return `${[usage, ...paragraphs, ...(listed === '' ? [] : [listed])].join('\n\n').replaceAll('`', '')}\n`;
}

function option(term: string, text: string): Entry {
  return { term, type: '', text, depth: 0 };
}

function placeholderOf({ kind, placeholder, one_of }: OptionDefinition): string {
  return kind === 'flag' ? '' : `=${placeholder ?? one_of?.join('|') ?? 'VALUE'}`;
}

function defaultOf({ kind, default: value }: OptionDefinition): string {
  return kind === 'flag' || kind === 'strings' || value === undefined ? '' : ` [${value}]`;
}
