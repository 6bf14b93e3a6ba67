import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** How backups stand. */
export const listbackups = defineCommand({
  name: 'listbackups',
  category: 'node',
  title: 'Command for listing backups and their age',
  description:
    'Says where the static backups of the channels are and when they were written, and which copies of the database `backup` has made. It does not know what became of the files since.',
  params: {},
  returns: {
    emergency_file: answer.string('The file of static backups: `emergency.recover` in the directory of the network.'),
    emergency_written_at: answer.optional(
      answer.integer('When it was written, in Unix time; absent before there was a channel.'),
    ),
    channels: answer.integer('Channels whose static backups are in it.'),
    copies: answer.array(
      answer.object(
        {
          made_at: answer.integer('When it was made, in Unix time.'),
          destination: answer.string('The file.'),
          size_bytes: answer.integer('Its size.'),
        },
        'A copy of the database.',
      ),
      'The last 20 copies, the newest first.',
    ),
  },
  errors: [],
  see_also: ['backup', 'staticbackup'],
  access: 'read',
  async run(_params, { backups }) {
    return { ...(await backups.state()), channels: [...backups.each()].length };
  },
});
