/** The manual of `till` itself and of its own commands, as sections: the man pages and the reference are made of them. */
import { type Entry, type Section, section } from '../../api/rpc/faces/page.ts';
import { OWN_COMMANDS, type OwnCommand } from './own-commands.ts';

/** A page of the manual. */
export interface Page {
  /** Of the reference's file: `till`, or the name of the command. */
  readonly name: string;
  readonly title: string;
  readonly sections: readonly Section[];
}

function entry(term: string, text: string): Entry {
  return { term, type: '', text, depth: 0 };
}

/** `till(1)`: what it is called with, which files it has, how it ends. */
const TILL: Page = {
  name: 'till',
  title: 'A Lightning node whose one job is to accept payments',
  sections: [
    section('Synopsis', { usage: 'till [OPTION ...] METHOD [PARAMETER ...]' }),
    section('Description', {
      paragraphs: [
        'Asks the running node, and prints what it answers: JSON, or a table where a listing is printed at a terminal. `till help` lists the methods; each has a page of its own: `till help invoice`, or `man till-invoice`.',
        'Parameters are in order, or all by name: `till invoice 1000 coffee "1 cup of coffee"` is `till -k invoice amount_msat=1000 label=coffee description="1 cup of coffee"`. A word that is a number, `true`, `false`, `null`, or JSON in brackets, braces or double quotes is sent as that; all others are text. Without `-k` and `-o` the first word decides: with a `=` in it, all are by name.',
      ],
    }),
    section('Commands', {
      paragraphs: ['These need no running node:'],
      entries: Object.values(OWN_COMMANDS as Record<string, OwnCommand>).map(({ usage, summary }) =>
        entry(usage, `${summary}.`),
      ),
    }),
    section('Options', {
      paragraphs: ['Anywhere before `--`; behind that everything is a parameter.'],
      entries: [
        entry('--lightning-dir=DIR', "The directory of the node's files. Default: `$TILL_DIR`, else `~/.till`."),
        entry('--network=NETWORK', 'The network of the node: bitcoin, testnet, testnet4, signet or regtest (default).'),
        entry('--mainnet, --testnet, --testnet4, --signet, --regtest', 'The same, shorter.'),
        entry('--rpc-file=FILE', "The node's socket. Default: `lightning-rpc` in `DIR/NETWORK`."),
        entry('--conf=FILE', 'The config file that tells where the node is.'),
        entry('-k, --keywords', 'Parameters are by name.'),
        entry('-o, --order', 'Parameters are in order.'),
        entry('-J, --json', 'Print JSON, also at a terminal.'),
        entry('-R, --raw', 'Print JSON on one line.'),
        entry('-H, --human-readable', 'Print values alone, with names only where there are several.'),
        entry('-F, --flat', 'Print each value on a line of its own, behind its place in the reply.'),
        entry(
          '-N LEVEL, --notifications=LEVEL',
          'The notices to print on standard error while waiting: none, debug, info (default), unusual or broken.',
        ),
        entry(
          '-l FILTER, --filter=FILTER',
          'Only these parts of the reply: JSON in its form, with `true` at what is wanted.',
        ),
        entry('-h, --help', 'Show the help, or the manual of the method that is named.'),
        entry('-V, --version', 'Show the version.'),
      ],
    }),
    section('Exit status', {
      entries: [
        entry('0', 'It worked.'),
        entry('1', 'The node answered an error, which is printed; or a node could not start, or had to end.'),
        entry('2', 'The node could not be talked to.'),
        entry('3', 'The arguments or the options make no sense.'),
      ],
    }),
    section('Files', {
      entries: [
        entry('~/.till/config', 'Options of `till start` for all networks, one a line and without dashes.'),
        entry('~/.till/NETWORK/config', 'Options for one network.'),
        entry('~/.till/NETWORK/lightning-rpc', 'The socket on which the running node takes commands.'),
        entry('~/.till/NETWORK/seed', 'The twenty-four words. Whoever reads this file has the money of the node.'),
        entry('~/.till/NETWORK/till.sqlite3', 'The database: invoices, payments, channels. Never run a copy of it.'),
        entry('~/.till/NETWORK/emergency.recover', 'What recovers the money in channels when the database is lost.'),
      ],
    }),
    section('Environment', {
      entries: [
        entry('TILL_DIR', 'The directory of all files, in place of `~/.till`.'),
        entry('NO_COLOR', 'When set, no colours are printed. QR codes then fit a dark terminal.'),
      ],
    }),
    section('See also', {
      paragraphs: ['till-start(1), till-seed(1), till-sandbox(1), till-completion(1), till-help(7), till-invoice(7)'],
    }),
  ],
};

/** The page of one of till's own commands. */
function pageOfOwn(name: string, { summary, usage, paragraphs, options }: OwnCommand): Page {
  return {
    name,
    title: summary,
    sections: [
      section('Synopsis', { usage }),
      section('Description', { paragraphs }),
      ...(options.length === 0 ? [] : [section('Options', { entries: options })]),
      section('See also', { paragraphs: ['till(1)'] }),
    ],
  };
}

/** Every page that is not that of a method. */
export const OWN_PAGES: readonly Page[] = [
  TILL,
  ...Object.entries(OWN_COMMANDS as Record<string, OwnCommand>).map(([name, command]) => pageOfOwn(name, command)),
];
