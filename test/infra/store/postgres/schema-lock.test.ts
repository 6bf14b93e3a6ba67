/** Nodes that make or change the schema at the same time: in one schema they wait for each other, in others they do not. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SCHEMA_LOCK } from '../../../../src/infra/store/postgres/migrate.ts';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { Session } from '../../../../src/infra/store/postgres/session.ts';
import type { PostgresTarget } from '../../../../src/infra/store/postgres/target.ts';
import { asHolder } from '../../../support/holder.ts';
import { newSchema, postgresMissing, stopOwnServer } from '../../../support/postgres.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';

/** While somebody is at work on the schema of this target. */
async function whileAtWork(target: PostgresTarget, work: (other: Session) => Promise<void>): Promise<void> {
  const other = await Session.open(target, 'reader', { must_be_durable: false });
  try {
    await other.query('BEGIN');
    await other.query(SCHEMA_LOCK);
    await work(other);
  } finally {
    await other.end();
  }
}

async function openStore(target: PostgresTarget): Promise<PostgresStore> {
  const home = await PostgresHome.open({ target, must_be_durable: false });
  return await PostgresStore.open(home, { ...asHolder('test'), onFailure: (error) => assert.fail(error) });
}

describe('the schema of a database', { ...TIMEOUT, skip: postgresMissing ?? false }, () => {
  after(stopOwnServer);

  it('is made while another node makes its own in another schema, however long that takes', async () => {
    const [ours, others] = [await newSchema(), await newSchema()];
    await whileAtWork(others.target, async () => {
      const store = await openStore(ours.target);
      await store.close();
    });
    await ours.drop();
    await others.drop();
  });

  it('is waited for, longer than a group waits for a lock, when somebody else is at work on it', async () => {
    const ours = await newSchema();
    await whileAtWork(ours.target, async (other) => {
      const opening = openStore(ours.target);
      // By the clock of the server, which cannot be turned: a group of the writer waits for two seconds.
      const waiting = other.query(`WITH RECURSIVE looks (found) AS (SELECT 0 UNION ALL
        SELECT found + 1 FROM looks WHERE clock_timestamp() - transaction_timestamp() < interval '3 s')
        SELECT COUNT(*) AS count FROM looks`);
      await Promise.all([waiting, Promise.race([waiting, opening])]);
      await other.query('COMMIT');
      await (await opening).close();
    });
    await ours.drop();
  });
});
