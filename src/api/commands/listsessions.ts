import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import { userMembers } from './user-fields.ts';

/** Who is signed in. */
export const listsessions = defineCommand({
  name: 'listsessions',
  category: 'access',
  title: 'Command for listing the sessions of the dashboard and the counter',
  description:
    'Lists who is signed in. A session ends after 12 hours without use, after 30 days in any case, and by `deletesession`.',
  params: {},
  returns: {
    sessions: answer.array(
      answer.object(
        {
          session_id: answer.integer('Its number: 1, 2, 3 ... in the order in which they began.'),
          ...userMembers,
          way: answer.oneOf(['link', 'password', 'passkey'], 'How the user signed in.'),
          created_at: answer.integer('When, in Unix time.'),
          last_seen_at: answer.integer('When it was used last, in Unix time.'),
        },
        'A session.',
      ),
      'The sessions, in the order in which they began.',
    ),
  },
  errors: [],
  see_also: ['deletesession', 'listusers', 'listactions'],
  access: 'read',
  run(_params, { sessions }) {
    return {
      sessions: sessions.list().map(({ session, user }) => ({
        session_id: session.session_id,
        user: user.name,
        role: user.role,
        way: session.way,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
      })),
    };
  },
});
