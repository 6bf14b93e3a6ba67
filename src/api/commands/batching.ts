import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Sets `batching` for the connection that asks. */
export const batching = defineCommand({
  name: 'batching',
  category: 'connection',
  title: 'Command to allow the database to gather what is written',
  description:
    'Accepted for clients of Core Lightning, which gathers writes only when told to. Till always commits what waits together, and always before it answers, so there is nothing to turn on.',
  params: { enable: required(field.boolean, 'Whether writes may be gathered.') },
  returns: {},
  errors: [],
  access: 'read',
  run({ enable }, _rooms, { connection }) {
    connection.batching = enable;
    return {};
  },
});
