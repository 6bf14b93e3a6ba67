/**
 * A process that makes invoices and pays some, several at a time, and tells of each on a line of its own once it is
 * durable. It is made to be killed.
 */
import { mkdirSync, writeSync } from 'node:fs';
import { secureRandomBytes } from '../../src/base/crypto/random.ts';
import { msat } from '../../src/base/types/amount.ts';
import { openSqliteStore } from '../../src/infra/store/sqlite-store.ts';
import { openFixture } from '../shop/invoices/fixture.ts';

const [directory, round] = process.argv.slice(2) as [string, string];
mkdirSync(directory, { recursive: true });
const store = await openSqliteStore({
  directory,
  onFailure: (error) => {
    throw error;
  },
  onLacked: (commits) => {
    throw new Error(`a kill looks like an old copy: ${JSON.stringify(commits, (_, value) => String(value))}`);
  },
});
const fixture = openFixture({ store, randomBytes: secureRandomBytes });

async function work(lane: number): Promise<never> {
  for (let index = 0; ; index++) {
    const invoice = await fixture.create(`${round}-${lane}-${index}`);
    writeSync(
      1,
      `created ${JSON.stringify([invoice.label, invoice.payment_hash, invoice.bolt11, invoice.created_index])}\n`,
    );
    if (index % 2 === 0) continue;
    const preimage = await fixture.invoices.markPaid(invoice.payment_hash, msat(1000));
    writeSync(1, `paid ${JSON.stringify([invoice.label, preimage])}\n`);
  }
}

writeSync(1, 'ready\n');
await Promise.all([0, 1, 2, 3].map(work));
