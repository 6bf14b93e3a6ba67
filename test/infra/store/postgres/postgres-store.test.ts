/** The contract of stores on a real server. */

import assert from 'node:assert/strict';
import { after } from 'node:test';
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
