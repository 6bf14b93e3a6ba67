import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Ends a session. */
export const deletesession = defineCommand({
  name: 'deletesession',
  category: 'access',
  title: 'Command for ending a session',
  description: 'Ends a session: whoever uses it has to sign in again, from this moment on.',
  params: { session_id: required(field.u32, 'The number of the session.') },
  returns: { session_id: answer.integer('The number of the session.') },
  errors: ['SESSION_NOT_FOUND'],
  see_also: ['listsessions', 'deleteuser'],
  access: 'write',
  async run({ session_id }, { sessions }) {
    if (await sessions.end(session_id)) return { session_id };
    throw new RpcError('SESSION_NOT_FOUND', `there is no session ${session_id}, or it is over`);
  },
});
