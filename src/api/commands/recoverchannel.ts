import { RpcError } from '../../base/errors.ts';
import { BackupError } from '../../node/backup/static-backup.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Takes channels back from what `staticbackup` answered. */
export const recoverchannel = defineCommand({
  name: 'recoverchannel',
  category: 'channels',
  title: 'Command for recovering channels from their static backups',
  description:
    'Recovers channels from the texts of `staticbackup`: Till connects to each peer and asks it to close, and then our balance goes to the wallet. A channel that is already in the database is skipped. What was on its way in payments may be lost, and a peer that never comes back keeps the channel open.',
  params: { scb: required(field.arrayOf(field.hex), 'The backups, as `staticbackup` answered them.') },
  returns: { stubs: answer.array(answer.hash('The id of a channel.'), 'The recovered channels.') },
  errors: ['LIGHTNINGD'],
  see_also: ['staticbackup', 'emergencyrecover'],
  access: 'write',
  async run({ scb }, { backups }) {
    try {
      return { stubs: await backups.recover(scb) };
    } catch (error) {
      if (error instanceof BackupError) throw new RpcError('LIGHTNINGD', error.message);
      throw error;
    }
  },
});
