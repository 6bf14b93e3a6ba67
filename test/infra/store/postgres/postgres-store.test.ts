/** The contract of stores on a real server. */

import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { PostgresHome, PostgresStore } from '../../../../src/infra/store/postgres/postgres-store.ts';
import { storeContract } from '../../../contract/store.ts';
import { asHolder } from '../../../support/holder.ts';
import { newSchema, postgresMissing, stopOwnServer, type TestSchema } from '../../../support/postgres.ts';
import { CONTRACT_MIGRATIONS } from '../schema.ts';

const schemas: TestSchema[] = [];
after(async () => {
  for (const schema of schemas) await schema.drop();
  await stopOwnServer();
});

storeContract(
  'a schema of PostgreSQL',
  async () => {
    const schema = await newSchema();
    schemas.push(schema);
    const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
    return await PostgresStore.open(home, {
      ...asHolder('the contract'),
      migrations: CONTRACT_MIGRATIONS,
      onFailure: (error) => assert.fail(error),
    });
  },
  postgresMissing,
);

it('few units at once are one commit, and many are two halves', { skip: postgresMissing ?? false }, async () => {
  const schema = await newSchema();
  schemas.push(schema);
  const home = await PostgresHome.open({ target: schema.target, must_be_durable: false });
  const store = await PostgresStore.open(home, {
    ...asHolder('halves'),
    migrations: CONTRACT_MIGRATIONS,
    onFailure: (error) => assert.fail(error),
  });
  const commitsOf = async (count: number): Promise<bigint> => {
    const { commit_number } = store.held;
    const add = { sql: "INSERT INTO tellings (id, told) VALUES (?, 'x')", params: [] };
    const first = Number(commit_number) * 1000;
    await Promise.all(Array.from({ length: count }, (_, index) => store.commit([{ ...add, params: [first + index] }])));
    return store.held.commit_number - commit_number;
  };
  assert.deepEqual([await commitsOf(1), await commitsOf(47), await commitsOf(64)], [1n, 1n, 2n]);
  assert.equal((await store.read('SELECT id FROM tellings')).length, 1 + 47 + 64);
  await store.close();
});
