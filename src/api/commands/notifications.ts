import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Sets `notifications` for the connection that asks. */
export const notifications = defineCommand({
  name: 'notifications',
  category: 'connection',
  title: 'Command to set up notifications',
  description:
    'Turns notifications on or off for this connection. While a command runs, the node then reports its progress before the reply: objects with the method `message` and the members `id`, `level` and `message`.',
  params: { enable: required(field.boolean, 'Whether to send notifications.') },
  returns: {},
  errors: [],
  access: 'read',
  run({ enable }, _rooms, { connection }) {
    connection.notifications = enable;
    return {};
  },
});
