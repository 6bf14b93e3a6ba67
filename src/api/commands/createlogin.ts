import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { linkMembers, linkRow, userMembers } from './user-fields.ts';

/** The name of the first owner. */
const FIRST_OWNER = 'owner';

/** Makes a link that signs somebody in. */
export const createlogin = defineCommand({
  name: 'createlogin',
  category: 'access',
  title: 'Command for making a link that signs a user in once',
  description:
    'Makes a link that begins one session of a user, once, within ten minutes. Without a name it is for the first owner, who is added when there is none: `till dashboard` prints such a link. Give it to nobody but that user.',
  params: { user: optional(field.string, 'The name of the user. Default: the first owner.') },
  returns: { ...userMembers, ...linkMembers },
  errors: ['USER_NOT_FOUND', 'USER_ALREADY_EXISTS'],
  see_also: ['createuser', 'listusers', 'listsessions'],
  access: 'write',
  async run({ user: name }, { users, sessions, served }) {
    const user =
      name === undefined
        ? (users.list().find(({ role }) => role === 'owner') ?? (await users.create(FIRST_OWNER, 'owner')))
        : users.get(name);
    return { user: user.name, role: user.role, ...linkRow(await sessions.makeLink(user), served) };
  },
});
