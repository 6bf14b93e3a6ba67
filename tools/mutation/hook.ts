/** Loaded before a test: gives the file in MUTANT_FILE to it with one fault, and leaves the file itself alone. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { MUTANT_FILE = '', MUTANT_START, MUTANT_END, MUTANT_REPLACEMENT } = process.env;
const url = pathToFileURL(resolve(MUTANT_FILE)).href;

registerHooks({
  load(each, context, next) {
    if (each !== url) return next(each, context);
    const source = readFileSync(MUTANT_FILE, 'utf8');
    const changed = source.slice(0, Number(MUTANT_START)) + MUTANT_REPLACEMENT + source.slice(Number(MUTANT_END));
    return { format: 'module-typescript', source: changed, shortCircuit: true };
  },
});
