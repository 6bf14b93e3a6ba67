import { RpcError } from '../../base/errors.ts';
import { BackupError } from '../../node/backup/static-backup.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** Takes channels back from the file of static backups. */
export const emergencyrecover = defineCommand({
  name: 'emergencyrecover',
  category: 'channels',
  title: 'Command for recovering channels from the emergency.recover file in the lightning directory',
  description:
    "Recovers every channel that is in the file `emergency.recover` in the node's directory but not in the database, as `recoverchannel` does. Use it when the database is lost and the node was restarted with the same words and that file. Without the file, connect to a peer of one of the channels first: what it has kept for us goes into that file.",
  params: {},
  returns: { stubs: answer.array(answer.hash('The id of a channel.'), 'The recovered channels.') },
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
