/** The thread that copies a database: reading a large one takes seconds, and other work must not wait for it. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import type { CopyOrder } from './copy.ts';

const { source, destination } = workerData as CopyOrder;
const from = new DatabaseSync(source, { readOnly: true });
// One statement is one moment of the database, however long it takes.
from.prepare('VACUUM INTO ?').run(destination);
from.close();
const copy = new DatabaseSync(destination);
copy.exec(`INSERT INTO database_file (number, identity, is_copy) VALUES (0, '', 1)
  ON CONFLICT (number) DO UPDATE SET is_copy = 1`);
copy.close();
