import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { quoteToken } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { configRow } from './config-row.ts';
import { defineCommand } from './modules.ts';

const ON_COMMAND_LINE = 'The command line sets this option too, and counts again after the next start: change it there';

/** Changes an option while the node runs. */
export const setconfig = defineCommand({
  name: 'setconfig',
  category: 'node',
  title: 'Command for changing an option while the node runs',
  description:
    'Changes one of the options that `listconfigs` marks as `dynamic`. The value holds from now on. It is also written to `config.setconfig` beside the config file, which then includes that file, and an older line that sets the option is commented out: so the value holds after the next start too. With `transient` it holds until the node stops, and no file is touched. Of a pair, each node has its own options.',
  params: {
    config: required(field.string, 'The name of the option.'),
    val: optional(field.word, 'The new value, as it would stand in the config file.'),
    transient: withDefault(field.boolean, false, 'Write no file: the value holds until the node stops.'),
  },
  returns: {
    config: answer.any('The option as it is now: `{config: NAME, value_str: ..., source: ..., dynamic: true}`.'),
  },
  errors: ['INVALID_PARAMS'],
  examples: [{ title: 'Keep invoices valid for ten minutes', params: { config: 'invoices-expiry', val: 600 } }],
  see_also: ['listconfigs'],
  access: 'write',
  run({ config, val, transient }, { node, options }) {
    const option = node.configs().find(({ name }) => name === config);
    const fault = (reason: string): RpcError =>
      new RpcError('INVALID_PARAMS', `config: ${reason}: invalid token '${quoteToken(config)}'`);
    if (option === undefined) throw fault('Unknown config option');
    if (!option.is_dynamic) throw fault('Not a dynamic config option');
    if (val === undefined) throw new RpcError('INVALID_PARAMS', `${config} requires a value`);
    const { is_on_command_line } = options.change(config, val, { is_transient: transient });
    const now = node.configs().find(({ name }) => name === config) ?? option;
    const warning = is_on_command_line ? { warning_cmdline: ON_COMMAND_LINE } : {};
    return { config: { config, ...configRow(now), ...warning } as unknown };
  },
});
