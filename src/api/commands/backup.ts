import { isAbsolute } from 'node:path';
import { RpcError } from '../../base/errors.ts';
import { StoreFailure } from '../../infra/store/failure.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Copies the database while the node works. */
export const backup = defineCommand({
  name: 'backup',
  category: 'node',
  title: 'Command for copying the database while the node runs',
  description:
    'Writes a consistent copy of the database to a new file: all channels, invoices and payments that were on disk when the command arrived. Nothing waits for it. It holds no private key: the words of `till seed` are needed beside it. The copy knows that it is one: a node that starts from it asks its peers to close the channels, because their states may have gone on since.',
  params: { destination: required(field.string, 'The file to create: an absolute path. The file must not exist yet.') },
  returns: {
    destination: answer.string('The file.'),
    size_bytes: answer.integer('Its size.'),
  },
  errors: ['LIGHTNINGD'],
  examples: [{ title: 'A copy for today', params: ['/var/backups/till/monday.sqlite3'] }],
  see_also: ['staticbackup', 'emergencyrecover'],
  access: 'write',
  async run({ destination }, { backups }) {
    if (!isAbsolute(destination)) {
      throw new RpcError('LIGHTNINGD', `destination should be an absolute path, such as /var/backups/${destination}`);
    }
    try {
      return { destination, size_bytes: await backups.copyDatabase(destination) };
    } catch (error) {
      if (error instanceof StoreFailure) throw new RpcError('LIGHTNINGD', error.message);
      throw error;
    }
  },
});
