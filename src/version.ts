/** The version of this package. */
import { readFileSync } from 'node:fs';

/** As package.json has it. */
export function version(): string {
  // Beside the sources in a checkout, one level up from the built ones in the package.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (found.name === 'lightning-till' && found.version !== undefined) return found.version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('package.json is not where it should be');
}
