import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { linkMembers, linkRow, passwordField, ROLES_DOC, roleField, userMembers } from './user-fields.ts';

/** Adds a person. */
export const createuser = defineCommand({
  name: 'createuser',
  category: 'access',
  title: 'Command for adding a user of the dashboard and the counter',
  description: `Adds somebody who may sign in, and answers a link that signs them in once, within ten minutes. There they can set a password or add a passkey; \`createlogin\` makes further links.

The roles: ${ROLES_DOC}. Each user has a rune of their own, which \`showrunes\` lists; what they change is in \`listactions\`.`,
  params: {
    user: required(field.string, 'The name: 1 to 64 characters. Case makes no difference.'),
    role: required(roleField, 'What they may do.'),
    password: optional(passwordField, 'A password, of at least 10 characters.'),
  },
  returns: { ...userMembers, ...linkMembers },
  errors: ['USER_ALREADY_EXISTS', 'SIGN_IN_TOO_OFTEN'],
  examples: [{ title: 'Somebody at the counter', params: { user: 'Anna', role: 'cashier' } }],
  see_also: ['listusers', 'updateuser', 'deleteuser', 'createlogin'],
  access: 'write',
  async run({ user: name, role, password }, { users, sessions, sign_in, served }) {
    const hash = password === undefined ? undefined : await sign_in.hash(password.reveal());
    const user = await users.create(name, role, hash);
    return { user: user.name, role: user.role, ...linkRow(await sessions.makeLink(user), served) };
  },
});
