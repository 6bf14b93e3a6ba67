import { RpcError } from '../../base/errors.ts';
import { BackupError } from '../../node/backup/static-backup.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Takes channels back from what `staticbackup` answered. */
export const recoverchannel = defineCommand({
  name: 'recoverchannel',
  category: 'channels',
  title: 'Command for recovering channels from their static backups',
  description:
    'Takes channels back from the texts of `staticbackup`: each peer is called and asked to close, and when it has, our balance goes to the wallet. A channel that the database knows already is passed over. What was on its way in payments may be lost, and a peer that never comes back keeps the channel open.',
  params: { scb: required(field.arrayOf(field.hex), 'The texts that `staticbackup` answered.') },
  returns: { stubs: answer.array(answer.hash('The id of a channel.'), 'The channels that were taken back.') },
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
