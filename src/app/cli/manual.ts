/** `till help NAME`: the manual of a method or of one of till's own commands, which needs no running node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/version.ts';

/** Shows the manual of the name: in man(1) at a terminal, else as text. Resolves with false when there is none. */
export async function showManual(name: string): Promise<boolean> {
  if (!/^[a-z0-9-]+$/.test(name)) return false;
  const files = name === 'till' ? ['till.1'] : [`till-${name}.7`, `till-${name}.1`];
  const page = files.map((file) => join(packageRoot(), 'man', file)).find((file) => existsSync(file));
  const text = join(packageRoot(), 'docs', 'reference', `${name}.md`);
  if (process.stdout.isTTY === true && page !== undefined && (await runMan(page))) return true;
  if (!existsSync(text)) return false;
  process.stdout.write(readFileSync(text, 'utf8'));
  return true;
}

/** Resolves with false where there is no man(1), or it cannot show the page. */
async function runMan(page: string): Promise<boolean> {
  const man = spawn('man', ['-l', page], { stdio: ['inherit', 'inherit', 'ignore'] });
  try {
    const [code] = await once(man, 'exit');
    return code === 0;
  } catch {
    return false;
  }
}
