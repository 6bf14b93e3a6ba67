import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import { userMembers } from './user-fields.ts';

/** The people. */
export const listusers = defineCommand({
  name: 'listusers',
  category: 'access',
  title: 'Command for listing the users of the dashboard and the counter',
  description: 'Lists who may sign in, what they may do, and how they sign in.',
  params: {},
  returns: {
    users: answer.array(
      answer.object(
        {
          ...userMembers,
          unique_id: answer.string('The number of their rune, as in `showrunes`.'),
          has_password: answer.boolean('Whether they can sign in by a password.'),
          passkeys: answer.integer('How many passkeys they have.'),
          sessions: answer.integer('How many sessions they have now.'),
          created_at: answer.integer('When they were added, in Unix time.'),
        },
        'A user.',
      ),
      'The users, in the order in which they were added.',
    ),
  },
  errors: [],
  see_also: ['createuser', 'listsessions', 'listactions'],
  access: 'read',
  async run(_params, { users, sessions, passkeys, runes }) {
    const open = sessions.list();
    const rows = users.list().map(async (user) => ({
      user: user.name,
      role: user.role,
      unique_id: runes.show(user.rune)[0]?.rune.id ?? '',
      has_password: user.password_hash !== undefined,
      passkeys: (await passkeys.of(user)).length,
      sessions: open.filter(({ session }) => session.user_id === user.user_id).length,
      created_at: user.created_at,
    }));
    return { users: await Promise.all(rows) };
  },
});
