/** The command `till`: hands its arguments over and ends with the code that comes back. */
import { main } from '../src/app/cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
