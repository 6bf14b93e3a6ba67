/**
 * How long a test, or a group of tests, may take. It only ends what hangs: how fast a test is depends on what else the
 * machine does, and says nothing about the code. Shorter than the limit of `npm test`, so that the test is named.
 */
export const TIMEOUT = { timeout: 500_000 };
