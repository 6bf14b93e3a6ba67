/** `till help METHOD`: the manual of a command, which needs no running node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/version.ts';

/** Shows the manual of the command: in man(1) at a terminal, else as text. Resolves with false when there is none. */
export async function showManual(method: string): Promise<boolean> {
  if (!/^[a-z0-9-]+$/.test(method)) return false;
  const page = join(packageRoot(), 'man', `till-${method}.7`);
  const text = join(packageRoot(), 'docs', 'reference', `${method}.md`);
  if (process.stdout.isTTY === true && existsSync(page) && (await runMan(page))) return true;
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
