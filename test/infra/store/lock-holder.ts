/** A process that holds a directory's store until it is killed. */
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { CONTRACT_MIGRATIONS } from './schema.ts';

const [directory] = process.argv.slice(2) as [string];
await openSqliteStore({
  directory,
  migrations: CONTRACT_MIGRATIONS,
  onFailure: (error) => {
    throw error;
  },
});
console.log('open');
process.stdin.resume();
