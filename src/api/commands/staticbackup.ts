import { answer } from '../rpc/answer.ts';
import { defineCommand } from './rooms.ts';

/** The static backup of each channel. */
export const staticbackup = defineCommand({
  name: 'staticbackup',
  category: 'channels',
  title: 'Command for getting the static backups of all channels',
  description:
    "Answers what must be known of each channel to get its money back without its state: with these texts and the words of `till seed`, `recoverchannel` asks the peers to close. They change only when a channel comes or goes, and are sealed with a key from the seed. The same is always in the file `emergency.recover` of the node's directory.",
  params: {},
  returns: { scb: answer.array(answer.hex('The backup of a channel.'), 'The backups, one a channel.') },
  errors: [],
  see_also: ['recoverchannel', 'emergencyrecover', 'backup'],
  access: 'read',
  run: (_params, { backups }) => ({ scb: [...backups.each()] }),
});
