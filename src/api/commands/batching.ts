import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Sets `batching` for the connection that asks. */
export const batching = defineCommand({
  name: 'batching',
  category: 'connection',
  title: 'Command to allow the database to group writes',
  description:
    'Accepted for clients of Core Lightning, which groups writes only on request. Till always groups the writes that are waiting, and always commits before it answers, so this changes nothing.',
  params: { enable: required(field.boolean, 'Whether writes may be grouped.') },
  returns: {},
  errors: [],
  access: 'read',
  run({ enable }, _rooms, { connection }) {
    connection.batching = enable;
    return {};
  },
});
