import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Sets `deprecations` for the connection that asks. */
export const deprecations = defineCommand({
  name: 'deprecations',
  category: 'connection',
  title: 'Command to enable or disable deprecated names',
  description:
    'Says whether this connection may use deprecated names. Till still accepts all older names of its parameters, so this has no effect yet.',
  params: { enable: required(field.boolean, 'Whether deprecated names are allowed.') },
  returns: {},
  errors: [],
  access: 'read',
  run({ enable }, _rooms, { connection }) {
    connection.deprecations = enable;
    return {};
  },
});
