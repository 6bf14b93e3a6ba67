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
  /** What is chosen between while the tests run: an expression, a whole statement, or the name of a method with its dot. */
  readonly whole: {
    readonly kind: 'expression' | 'statement' | 'method';
    readonly start: number;
    readonly end: number;
  };
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
/** The words of an error are none either. */
const ERRORS = /Error$/;
const SORTS = /^(sort|toSorted)$/;

type Add = (start: number, end: number, replacement: string, node: AnyNode, kind?: Mutant['whole']['kind']) => void;

/** The code of a file without its types: everything stays where it is. */
export function codeOf(file: string): string {
  return stripTypeScriptTypes(readFileSync(file, 'utf8'), { mode: 'strip' });
}

/** All faults of a file; one that is around another comes before it. Types are blanked out first, so none is in them. */
export function mutantsOf(file: string): readonly Mutant[] {
  const code = codeOf(file);
  const mutants: Mutant[] = [];
  const add: Add = (start, end, replacement, node, kind = 'expression') => {
    const line = code.slice(0, start).split('\n').length;
    const whole = { kind, start: node.start, end: node.end };
    mutants.push({ file, line, start, end, original: code.slice(start, end), replacement, whole });
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => {
    if (isLog(node, code)) return false;
    change(node, code, add);
    return true;
  });
  return mutants;
}

function change(node: AnyNode, code: string, add: Add): void {
  const decide = (test: AnyNode): void => {
    for (const value of ['true', 'false']) add(test.start, test.end, value, test);
  };
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const turned = TURNED[node.operator];
      if (turned === undefined) return;
      const at = code.indexOf(node.operator, node.left.end);
      add(at, at + node.operator.length, turned, node);
      return;
    }
    case 'UnaryExpression':
      if (node.operator === '!') add(node.start, node.start + 1, '', node);
      return;
    case 'IfStatement':
    case 'ConditionalExpression':
      decide(node.test);
      return;
    case 'ExpressionStatement': {
      const { expression } = node;
      const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
      if (call.type !== 'CallExpression' && call.type !== 'AssignmentExpression') return;
      add(node.start, node.end, ';', node, 'statement');
      return;
    }
    case 'CallExpression': {
      const { callee } = node;
      if (callee.type === 'Identifier') {
        const turned = TURNED_METHODS[callee.name];
        if (turned === 'max' || turned === 'min') add(callee.start, callee.end, turned, callee);
      } else if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') {
        const turned = TURNED_METHODS[callee.property.name];
        if (turned !== undefined) add(callee.property.start, callee.property.end, turned, callee.property, 'method');
      }
      return;
    }
    case 'Literal':
      if (typeof node.value === 'number') add(node.start, node.end, `(${node.raw} + 1)`, node);
      else if (typeof node.value === 'bigint') add(node.start, node.end, `(${node.raw} + 1n)`, node);
      else if (typeof node.value === 'boolean') add(node.start, node.end, String(!node.value), node);
      return;
    default:
  }
}

function isLog(node: AnyNode, code: string): boolean {
  if (node.type === 'ExpressionStatement') return isLog(node.expression, code);
  return node.type === 'CallExpression' && LOGS.test(code.slice(node.callee.start, node.callee.end));
}

/** Calls back for each node of the tree that can be changed. The answer false leaves out what is inside. */
function visit(node: AnyNode, look: (node: AnyNode) => boolean): void {
  if (node.type === 'ImportDeclaration') return;
  if (!look(node)) return;
  const isError = node.type === 'NewExpression' && node.callee.type === 'Identifier' && ERRORS.test(node.callee.name);
  const isSort =
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    SORTS.test(nameOf(node.callee.property));
  for (const [key, value] of Object.entries(node)) {
    // A key of a record is a name, not a value.
    if (node.type === 'Property' && key === 'key') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (!isNode(child)) continue;
      if (isError && child.type === 'TemplateLiteral') continue;
      // Of what a comparison answers only the sign counts.
      visit(child, isSort ? (each) => !isSign(each) && look(each) : look);
    }
  }
}

function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : '';
}

function isSign(node: AnyNode): boolean {
  if (node.type === 'UnaryExpression' && node.operator === '-') return isSign(node.argument);
  return node.type === 'Literal' && node.value === 1;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
