import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const plugin_row = answer.object(
  {
    name: answer.string('Its path.'),
    active: answer.boolean('Whether it runs.'),
    dynamic: answer.boolean('Whether it can be stopped.'),
  },
  'A plugin.',
);

/** Shows the plugins. */
export const plugin = defineCommand({
  name: 'plugin',
  category: 'node',
  title: 'Manage plugins with RPC',
  description:
    'Lists the plugins with `plugin list`: there are none, because Till has no plugins. To do something when a payment comes, write a program that waits with `waitanyinvoice` or `waitevent`, or let Till call you (`createwebhook`).',
  params: {
    subcommand: required(field.oneOf('start', 'stop', 'startdir', 'rescan', 'list'), 'Only `list`.'),
    plugin: optional(field.string, 'Refused.', { aliases: ['directory'] }),
    options: optional(field.any, 'Refused.'),
  },
  returns: {
    command: answer.oneOf(['list'], 'The subcommand.'),
    plugins: answer.array(plugin_row, 'The plugins: none.'),
  },
  errors: ['NOT_SUPPORTED'],
  see_also: ['waitanyinvoice', 'help'],
  access: 'read',
  run({ subcommand }) {
    if (subcommand !== 'list') {
      throw new RpcError(
        'NOT_SUPPORTED',
        `plugin ${subcommand}: Till has no plugins; write a program that waits with waitanyinvoice or waitevent`,
      );
    }
    return { command: 'list' as const, plugins: [] };
  },
});
