import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';

/** The static backup of each channel. */
export const staticbackup = defineCommand({
  name: 'staticbackup',
  category: 'channels',
  title: 'Command for getting the static backups of all channels',
  description:
    "Answers what is needed to recover the money of each channel without its state: with these texts and the words of `till seed`, `recoverchannel` asks the peers to close. They change only when a channel opens or goes, and are sealed with a key from the seed. The same is always in the file `emergency.recover` of the node's directory.",
  params: {},
  returns: {
    scb: answer.array(answer.hex('The backup of a channel.'), 'The backups, one for each channel.'),
    warning_no_address: answer.optional(
      answer.string('Peers whose address nobody knows: give each one with `connect ID@HOST:PORT`.'),
    ),
  },
  errors: [],
  see_also: ['recoverchannel', 'emergencyrecover', 'backup'],
  access: 'read',
  run(_params, { backups }) {
    const unknown = backups.withoutAddress();
    const warning_no_address = `no address is known of ${unknown.join(', ')}: give it with connect ID@HOST:PORT`;
    return { scb: [...backups.each()], ...(unknown.length === 0 ? {} : { warning_no_address }) };
  },
});
