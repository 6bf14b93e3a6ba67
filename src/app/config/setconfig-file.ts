/**
 * Where `setconfig` keeps a value for the next start, as Core Lightning does: in a file of its own beside the config file
 * (`config.setconfig`), which the config file includes. An older line that says the same option is commented out.
 */
import { accessSync, constants, existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { writeWhole } from '../../infra/store/whole-file.ts';
import { ConfigError } from './option.ts';

/** What is to be kept. */
export interface KeptOption {
  readonly name: string;
  readonly value: string;
  /** The config file that is added to: Config.own_conf. */
  readonly own_conf: string;
  /** The line that says the option so far, as `FILE:LINE`; undefined when no file does. */
  readonly said_at: string | undefined;
}

const HEAD = '# Written by setconfig. Edit it only while the node is stopped.';
const COMMENTED_OUT = '# setconfig commented out (see config.setconfig): ';

/**
 * Writes the value; it is durable when this returns. Answers where it stands, as `FILE:LINE`. Throws ConfigError when a file
 * cannot be written, or has changed since the node read it; the value of the next start is then the old one.
 */
export function keepOption({ name, value, own_conf, said_at }: KeptOption): string {
  const file = `${own_conf}.setconfig`;
  const [, old_file = '', old_line = '0'] = /^(.*):(\d+)$/s.exec(said_at ?? '') ?? [];
  const old = old_file === '' ? undefined : { file: old_file, line: Number(old_line) };
  if (old !== undefined) checkLine(old.file, old.line, name);
  for (const each of [file, own_conf, ...(old === undefined ? [] : [old.file])]) checkWritable(each);

  const lines = existsSync(file) ? linesOf(file) : [HEAD];
  const text = `${name}=${value}`;
  const at = lines.findLastIndex((line) => nameOf(line) === name);
  if (at >= 0) lines[at] = text;
  else lines.push(text);
  write(file, lines);

  // Behind all that the config file says: the last word counts.
  const include = `include ${basename(file)}`;
  const own = existsSync(own_conf) ? linesOf(own_conf) : [];
  if (!own.some((line) => line.trim() === include)) write(own_conf, [...own, '# Inserted by setconfig', include]);
  if (old !== undefined && old.file !== file) {
    const others = linesOf(old.file);
    others[old.line - 1] = `${COMMENTED_OUT}${others[old.line - 1]}`;
    write(old.file, others);
  }
  return `${file}:${(at >= 0 ? at : lines.length - 1) + 1}`;
}

/** Refuses to touch a line that says something else than when the node started. */
function checkLine(file: string, line: number, name: string): void {
  let lines: readonly string[];
  try {
    lines = linesOf(file);
  } catch (error) {
    throw new ConfigError(`Cannot read config file ${file}: ${reasonOf(error)}`);
  }
  if (line > lines.length)
    throw new ConfigError(`Config file ${file} no longer has ${line} lines: start the node again`);
  if (nameOf(lines[line - 1] as string) !== name) {
    throw new ConfigError(`Config file ${file} line ${line} changed, and no longer sets ${name}: start the node again`);
  }
}

/** A file is written beside and renamed, so that its directory must be open to us, and what is there already as well. */
function checkWritable(file: string): void {
  try {
    accessSync(dirname(existsSync(file) ? realpathSync(file) : file), constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (error) {
    throw new ConfigError(
      `Cannot write to config file ${file} (${reasonOf(error)}): with transient=true the value holds until the node stops`,
    );
  }
}

function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What a line sets; undefined for a comment, an empty line or an `include`. */
function nameOf(line: string): string | undefined {
  const bare = line.trim();
  if (bare === '' || bare.startsWith('#') || /^include\s/.test(bare)) return undefined;
  return bare.split('=', 1)[0]?.trim();
}

function write(file: string, lines: readonly string[]): void {
  try {
    // Whoever keeps the file elsewhere, and a link to it here, keeps the link.
    writeWhole(existsSync(file) ? realpathSync(file) : file, `${lines.join('\n')}\n`, 'as it was');
  } catch (error) {
    throw new ConfigError(`Cannot write to config file ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
