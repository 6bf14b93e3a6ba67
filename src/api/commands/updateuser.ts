import { byName, optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { passwordField, roleField, userMembers } from './user-fields.ts';

/** Changes what a person may do, or how they sign in. */
export const updateuser = defineCommand({
  name: 'updateuser',
  category: 'access',
  title: 'Command for changing the role or the password of a user',
  description:
    'Gives a user another role, another password, or both. A new role holds at once, also for sessions that are under way; a new password ends all sessions of the user.',
  params: {
    user: required(field.string, 'The name.'),
    role: byName(optional(roleField, 'What they may do from now on.')),
    password: byName(optional(passwordField, 'The new password; an empty one removes it.')),
  },
  returns: userMembers,
  errors: ['USER_NOT_FOUND', 'SIGN_IN_TOO_OFTEN'],
  see_also: ['createuser', 'listusers', 'deleteuser'],
  access: 'write',
  async run({ user: name, role, password }, { users, sessions, sign_in }) {
    let user = users.get(name);
    if (role !== undefined && role !== user.role) user = await users.setRole(user, role);
    if (password !== undefined) {
      const text = password.reveal();
      user = await users.setPassword(user, text === '' ? undefined : await sign_in.hash(text));
      await sessions.endOf(user);
    }
    return { user: user.name, role: user.role };
  },
});
