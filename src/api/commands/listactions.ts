import { ROLES } from '../../shop/access/roles.ts';
import { answer } from '../rpc/answer.ts';
import { optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Who did what. */
export const listactions = defineCommand({
  name: 'listactions',
  category: 'access',
  title: 'Command for listing who changed what through the dashboard and the counter',
  description:
    'Lists the commands that users ran, the newest first: every one that can change something. A row is on disk before the command runs. The newest 100,000 are kept.',
  params: {
    before: optional(field.u64, 'Only actions with a lower number: the last one of the page before.'),
    limit: withDefault(field.u16, 100, 'The maximum number of actions.'),
  },
  returns: {
    actions: answer.array(
      answer.object(
        {
          action_id: answer.integer('Its number: 1, 2, 3 ... in the order in which they were asked for.'),
          time: answer.integer('When, in Unix time.'),
          session_id: answer.integer('The session.'),
          user: answer.string('The name of the user at that time.'),
          role: answer.oneOf(ROLES, 'The role of the user at that time.'),
          method: answer.string('The command.'),
          params: answer.string('Its parameters as JSON, without secrets, cut at 1,000 characters.'),
          outcome: answer.oneOf(
            ['done', 'failed', 'unknown'],
            'What came of it; `unknown` while it runs, and when the node ended before it did.',
          ),
          error: answer.optional(answer.string('What it failed with.')),
        },
        'An action.',
      ),
      'The actions.',
    ),
  },
  errors: [],
  see_also: ['listusers', 'listsessions', 'listevents'],
  access: 'read',
  async run({ before, limit }, { actions }) {
    const asked = before === undefined || before > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(before);
    return { actions: await actions.list(asked, Math.min(limit, 1000)) };
  },
});
