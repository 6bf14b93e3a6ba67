/**
 * The guide for who comes from Core Lightning: what is the same, command by command and option by option. Generated from
 * the definitions of the commands and options, the names that Core Lightning has (data/core-lightning.json), and the
 * few sentences below that no definition can tell.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS, refusalOf } from '../src/api/commands/refusals.ts';
import { LIGHTNINGD_OPTIONS } from '../src/app/config/lightningd-options.ts';
import { OPTIONS } from '../src/app/config/options.ts';

/** Names of Core Lightning: each command with its parameters. */
interface Names {
  readonly version: string;
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

/** What the guide needs to know of a command of Till. */
export interface GuideCommand {
  readonly name: string;
  readonly params: Readonly<Record<string, { readonly aliases?: readonly string[] | undefined }>>;
}

/** What differs although the parameters are the same. */
const NOTES: Readonly<Record<string, string>> = {
  'autoclean-once': 'Payments of its own Till keeps.',
  'autoclean-status': 'Only `expiredinvoices` and `paidinvoices`.',
  backup: 'Copies the database while the node works.',
  'bkpr-listaccountevents': 'Events on the chain only: those of payments are in bkpr-listincome.',
  'bkpr-listincome': 'The account of a paid invoice is `channels`: Till does not keep which channel brought it.',
  decode: 'BOLT 11 only; anything else is named in the error.',
  listforwards: 'Always empty: Till forwards nothing.',
  listinvoicerequests: 'Always empty: Till does not speak BOLT 12.',
  funderupdate: 'Always `fixed` with 0: Till contributes nothing.',
  listdatastore: 'Always empty: Till stores nothing for other programs.',
  plugin: 'Only `list`, which is always empty: Till has no plugins.',
  listoffers: 'Always empty: Till does not speak BOLT 12.',
  invoice:
    'Expires after 3600 seconds by default (604800 there). Hints differ: see [decision 0027](../decisions/0027-hints-that-can-be-paid.md).',
  pay: 'Retries differ: see [decision 0026](../decisions/0026-when-pay-tries-again.md). An invoice of its own is refused: see [decision 0055](../decisions/0055-a-node-does-not-pay-itself.md).',
  keysend:
    'Pays only: Till takes payments for its invoices alone. In one part; records below 65536 are refused. Errors as of `xkeysend` (there 210).',
  xkeysend: 'As `keysend`.',
  renepay: 'The same payment as `pay`.',
  sql: 'The same tables and columns; what Till does not have is NULL. A query is ended after 10 seconds or 512 MB.',
  xpay: 'The same payment as `pay`. A paid invoice is answered again, with the proof of payment (219 there). When there is no route, the error begins with what our own channels lack.',
  sendpay:
    'Without `groupid` a part belongs to the latest group, and the same part again answers how it stands (a new group there). What the first channel cannot carry is refused at once. No payment to oneself.',
  getroute: 'When there is no route, the error says why.',
};

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function commandRows(commands: readonly GuideCommand[], theirs: Names['commands']): string[] {
  return commands
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, params }) => {
      const note = NOTES[name];
      const link = `[${name}](../reference/${name}.md)`;
      const named = theirs[name];
      if (named === undefined) return `| ${link} | Not in Core Lightning of today. ${note ?? ''}|`;
      const own = Object.keys(params);
      const known = new Set([...own, ...Object.values(params).flatMap(({ aliases = [] }) => aliases)]);
      const lacking = named.filter((each) => !known.has(each));
      const more = own.filter((each) => !named.includes(each));
      const differs = [
        ...(lacking.length === 0 ? [] : [`Lacks ${code(lacking)}.`]),
        ...(more.length === 0 ? [] : [`Also takes ${code(more)}.`]),
        ...(note === undefined ? [] : [note]),
      ];
      return `| ${link} | ${differs.length === 0 ? 'The same parameters.' : differs.join(' ')} |`;
    });
}

function refusedRows(commands: readonly GuideCommand[], theirs: Names['commands']): string[] {
  const rows = REFUSALS.map(({ commands: names, why, instead }) => `| ${code(names)} | ${why}: ${instead}. |`);
  const own = new Set(commands.map(({ name }) => name));
  const unknown = Object.keys(theirs).filter((name) => !own.has(name) && refusalOf(name) === undefined);
  return unknown.length === 0 ? rows : [...rows, `| ${code(unknown)} | Not there. |`];
}

function optionRows(): string[] {
  return Object.entries(LIGHTNINGD_OPTIONS)
    .filter(([name]) => !Object.hasOwn(OPTIONS, name))
    .map(([name, option]) => {
      if ('same_as' in option) return `| \`${name}\` | taken, as \`${option.same_as}\` | |`;
      return `| \`${name}\` | ${option.taken ? 'taken, and noted in the log' : 'refused'} | ${option.till}. |`;
    });
}

/** The file `docs/guide/from-core-lightning.md`. */
export function coreLightningGuide(commands: readonly GuideCommand[]): string {
  const names = JSON.parse(readFileSync(join(import.meta.dirname, 'data/core-lightning.json'), 'utf8')) as Names;
  return `# From Core Lightning

Generated by \`npm run docs\` from the definitions of the commands and options. Compared with Core Lightning ${names.version}.

Clients for Core Lightning's Unix socket work unchanged: requests, parameters, errors and their codes are the same. A
channel cannot be moved from one to the other: close it there, and open a new one here. Till forwards no payments.

## Commands

| command | what differs |
|---|---|
${commandRows(commands, names.commands).join('\n')}

## Commands that Till refuses

The error has the code 3000 (\`NOT_SUPPORTED\`) and says the same.

| commands | why, and what to do |
|---|---|
${refusedRows(commands, names.commands).join('\n')}

## Options

Options that are not in this table and that \`till start --help\` lists have the meaning they have in Core Lightning.
\`rescan\` is a number of blocks, or a height when it is negative; \`rescan=0\` searches from the first block.

| option | in a config file of Till | |
|---|---|---|
${optionRows().join('\n')}
`;
}
