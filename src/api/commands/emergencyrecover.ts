import { RpcError } from '../../base/errors.ts';
import { BackupError } from '../../node/backup/static-backup.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './rooms.ts';

/** Takes channels back from the file of static backups. */
export const emergencyrecover = defineCommand({
  name: 'emergencyrecover',
  category: 'channels',
  title: 'Command for recovering channels from the emergency.recover file in the lightning directory',
  description:
    "Takes back every channel that the file `emergency.recover` in the node's directory holds and the database does not know, as `recoverchannel` does: for a node whose database is lost, started anew with the same words and that file.",
  params: {},
  returns: { stubs: answer.array(answer.hash('The id of a channel.'), 'The channels that were taken back.') },
  errors: ['LIGHTNINGD'],
  see_also: ['staticbackup', 'recoverchannel', 'backup'],
  access: 'write',
  async run(_params, { backups }) {
    try {
      return { stubs: await backups.recoverFile() };
    } catch (error) {
      if (error instanceof BackupError) throw new RpcError('LIGHTNINGD', error.message);
      throw error;
    }
  },
});
