/** The thread that copies a database: reading a large one takes seconds, and other work must not wait for it. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { type CopyOrder, MARK_AS_COPY } from './copy.ts';

const { source, destination } = workerData as CopyOrder;
const from = new DatabaseSync(source, { readOnly: true });
// One statement is one moment of the database, however long it takes.
from.prepare('VACUUM INTO ?').run(destination);
from.close();
const copy = new DatabaseSync(destination);
copy.exec(MARK_AS_COPY);
copy.close();
