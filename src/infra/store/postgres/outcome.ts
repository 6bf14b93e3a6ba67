/** Whether a group took effect whose commit was not answered: its number tells. */
import { StoreFailure } from '../failure.ts';

/**
 * `acknowledged` is the number of the last group that was durable before it, `found` the one that the database has now,
 * when nothing of the old connection can come any more. Throws StoreFailure when neither fits: then this is not the
 * database that we wrote.
 */
export function judgeCommitNumber(acknowledged: bigint, found: bigint): 'committed' | 'not_committed' {
  if (found === acknowledged + 1n) return 'committed';
  if (found === acknowledged) return 'not_committed';
  if (found < acknowledged) {
    throw new StoreFailure(
      `the database is older than what it has told this node: it knows ${found} commits, and ${acknowledged} were ` +
        'answered. It is a copy, or a replica that had not received all. Nothing is done with it',
    );
  }
  throw new StoreFailure(
    `somebody else has written the database: it knows ${found} commits, and this node made ${acknowledged}`,
  );
}
