import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { userMembers } from './user-fields.ts';

/** Removes a person. */
export const deleteuser = defineCommand({
  name: 'deleteuser',
  category: 'access',
  title: 'Command for removing a user',
  description:
    'Removes a user with all sessions, passkeys and links, and revokes the rune of the user. It holds from this moment on. What the user did stays in `listactions`.',
  params: { user: required(field.string, 'The name.') },
  returns: userMembers,
  errors: ['USER_NOT_FOUND'],
  see_also: ['createuser', 'listusers', 'listsessions'],
  access: 'write',
  async run({ user: name }, { users, sessions }) {
    const user = users.get(name);
    await users.remove(user);
    await sessions.endOf(user);
    return { user: user.name, role: user.role };
  },
});
