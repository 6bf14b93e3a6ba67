/** Small faults that can be put into a source file: a comparison turned round, a check left out, a number one too high. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, parse } from 'acorn';

/** One fault: these characters of the file become this text. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly replacement: string;
}

const TURNED: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
};
const TURNED_METHODS: Readonly<Record<string, string>> = { some: 'every', every: 'some', min: 'max', max: 'min' };
/** What the log says is no rule. */
const LOGS = /(^|\.)#?log(\.(debug|info|warn|error))?$/;

/** All faults of a file, in the order of its text. Types are blanked out first, so nothing is changed in them. */
export function mutantsOf(file: string): readonly Mutant[] {
  const source = readFileSync(file, 'utf8');
  const code = stripTypeScriptTypes(source, { mode: 'strip' });
  const mutants: Mutant[] = [];
  const add = (start: number, end: number, replacement: string): void => {
    const line = source.slice(0, start).split('\n').length;
    mutants.push({ file, line, start, end, original: source.slice(start, end), replacement });
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => change(node, code, add));
  return mutants.sort((a, b) => a.start - b.start);
}

function change(node: AnyNode, code: string, add: (start: number, end: number, replacement: string) => void): void {
  const decide = (test: AnyNode): void => {
    for (const value of ['true', 'false']) add(test.start, test.end, value);
  };
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const turned = TURNED[node.operator];
      if (turned === undefined) return;
      const at = code.indexOf(node.operator, node.left.end);
      add(at, at + node.operator.length, turned);
      return;
    }
    case 'UnaryExpression':
      if (node.operator === '!') add(node.start, node.start + 1, '');
      return;
    case 'IfStatement':
    case 'ConditionalExpression':
      decide(node.test);
      return;
    case 'ExpressionStatement': {
      const { expression } = node;
      const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
      if (call.type === 'CallExpression' && LOGS.test(code.slice(call.callee.start, call.callee.end))) return;
      if (call.type === 'CallExpression' || call.type === 'AssignmentExpression') add(node.start, node.end, ';');
      return;
    }
    case 'CallExpression': {
      const { callee } = node;
      const name = callee.type === 'MemberExpression' ? callee.property : callee;
      const turned = name.type === 'Identifier' ? TURNED_METHODS[name.name] : undefined;
      if (turned !== undefined && (callee.type === 'MemberExpression' || turned === 'max' || turned === 'min')) {
        add(name.start, name.end, turned);
      }
      return;
    }
    case 'Literal':
      if (typeof node.value === 'number') add(node.start, node.end, `(${node.raw} + 1)`);
      else if (typeof node.value === 'bigint') add(node.start, node.end, `(${node.raw} + 1n)`);
      else if (typeof node.value === 'boolean') add(node.start, node.end, String(!node.value));
      return;
    default:
  }
}

/** Calls back for each node of the tree that can be changed. */
function visit(node: AnyNode, look: (node: AnyNode) => void): void {
  // The text of a log line, and what is imported.
  if (node.type === 'ImportDeclaration') return;
  look(node);
  for (const [key, value] of Object.entries(node)) {
    // A key of a record is a name, not a value.
    if (node.type === 'Property' && key === 'key') continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, look);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
