/** What both kinds of manual say of a command, as sections of paragraphs and lists: the man page and the reference share it. */
import { ERRORS } from '../../../base/errors.ts';
import type { Answer } from '../answer.ts';
import type { CommandFacts } from '../table.ts';
import { writeJson } from '../writer.ts';
import { typedCall } from './typed.ts';
import { usageLine } from './usage.ts';

/** A list entry: a term, its type or number (empty: none), and what it is; `depth` says how far it is nested. */
export interface Entry {
  readonly term: string;
  readonly type: string;
  readonly text: string;
  readonly depth: number;
}

/** A part of a page under a title of its own. */
export interface Section {
  readonly title: string;
  /** How the command is typed: a line that may be broken between its words. */
  readonly usage?: string;
  readonly paragraphs: readonly string[];
  readonly entries: readonly Entry[];
  readonly code: readonly string[];
}

/** A section of the parts that it has. */
export function section(title: string, parts: Partial<Omit<Section, 'title'>>): Section {
  return { title, paragraphs: [], entries: [], code: [], ...parts };
}

function paramEntries(command: CommandFacts): Entry[] {
  return Object.entries(command.params).map(([term, param]) => {
    const notes = [
      ...(param.presence === 'default' ? [`Default: ${writeJson(param.default)}.`] : []),
      ...(param.unless === undefined ? [] : [`Left out when \`${param.unless}\` is given.`]),
      ...(param.by_name ? ['Given by name only.'] : []),
      ...(param.aliases.length > 0 ? [`Also called ${param.aliases.join(', ')}.`] : []),
    ];
    const type = param.presence === 'required' ? param.field.type : `${param.field.type}, optional`;
    return { term, type, text: [param.doc, ...notes].join(' '), depth: 0 };
  });
}

function answerEntries(answer: Answer<unknown>, depth = 0): Entry[] {
  if (answer.element !== undefined) return answerEntries(answer.element, depth);
  return Object.entries(answer.members ?? {}).flatMap(([term, member]) => [
    { term, type: member.optional ? `${member.type}, optional` : member.type, text: member.doc, depth },
    ...answerEntries(member, depth + 1),
  ]);
}

/** As they are typed. */
function typedExamples(command: CommandFacts): string[] {
  return command.examples.flatMap(({ title, params }) => [`# ${title}`, typedCall(command, params)]);
}

/** As they are sent. */
function sentExamples(command: CommandFacts): string[] {
  return command.examples.flatMap(({ params, result }) => [
    writeJson({ jsonrpc: '2.0', id: 1, method: command.name, params }),
    ...(result === undefined ? [] : [writeJson({ jsonrpc: '2.0', id: 1, result })]),
  ]);
}

/** The page of a command. Sections without content are left out. */
export function pageOf(command: CommandFacts): Section[] {
  const returned = answerEntries(command.returns);
  const errors = command.errors.map((name) => ({
    term: String(ERRORS[name].code),
    type: name,
    text: ERRORS[name].meaning,
    depth: 0,
  }));
  const invalid =
    'Parameters that are missing, unknown or of the wrong form give -32602; anything unforeseen gives -1.';
  const pages = [
    section('Synopsis', { usage: `till ${usageLine(command)}` }),
    section('Description', { paragraphs: command.description.split('\n\n') }),
    section('Parameters', { entries: paramEntries(command) }),
    section('Return value', returned.length === 0 ? { paragraphs: ['An empty object.'] } : { entries: returned }),
    section('Errors', { paragraphs: [invalid], entries: errors }),
    section('Examples', { code: typedExamples(command) }),
    section('On the socket', { code: sentExamples(command) }),
    section('See also', { paragraphs: command.see_also.length === 0 ? [] : [command.see_also.join(', ')] }),
  ];
  return pages.filter(
    ({ usage, paragraphs, entries, code }) =>
      usage !== undefined || paragraphs.length + entries.length + code.length > 0,
  );
}
