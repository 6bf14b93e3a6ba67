/** The command `till`: hands its arguments over and ends with the code that comes back. */
import { main } from '../src/app/cli/main.ts';

const LONGEST_TIMER_MS = 2_147_483_647;

// Who waits by the node's clock does not keep the process (src/base/types/clock.ts): while a server starts up nothing else
// does, and Node would end a command that is not over.
const stay = setInterval(() => {}, LONGEST_TIMER_MS);
process.exitCode = await main(process.argv.slice(2));
clearInterval(stay);
