import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Sets `notifications` for the connection that asks. */
export const notifications = defineCommand({
  name: 'notifications',
  category: 'connection',
  title: 'Command to set up notifications',
  description:
    'Turns notices on or off for this connection. While a command runs, the node then tells how it goes: objects with the method `message` and the members `id`, `level` and `message`, before the reply.',
  params: { enable: required(field.boolean, 'Whether to send notices.') },
  returns: {},
  errors: [],
  access: 'read',
  run({ enable }, _rooms, { connection }) {
    connection.notifications = enable;
    return {};
  },
});
