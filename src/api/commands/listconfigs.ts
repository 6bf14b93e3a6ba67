import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { quoteToken } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { configRow } from './config-row.ts';
import { defineCommand } from './modules.ts';

/** How the node is set, and where each setting comes from. */
export const listconfigs = defineCommand({
  name: 'listconfigs',
  category: 'node',
  title: 'Command to list all configuration options',
  description:
    'Lists every option with its value and its source: `default`, `cmdline`, or the configuration file and the line in it. The member of `configs` that holds the value is `set`, `value_str`, `value_int`, `value_bool`, `value_msat` or `values_str`, by the kind of the option. `dynamic` marks those that `setconfig` changes while the node runs; a change of the others counts from the next start on.',
  params: { config: optional(field.string, 'The one option to show; not set and without a default, it is omitted.') },
  returns: { configs: answer.any('The options by name: `{NAME: {value_str: ..., source: ...}}`.') },
  errors: [],
  see_also: ['getinfo', 'setconfig'],
  access: 'read',
  run({ config }, { node }) {
    const asked = node.configs().filter(({ name }) => config === undefined || name === config);
    if (config !== undefined && asked.length === 0) {
      const token = quoteToken(config);
      throw new RpcError('INVALID_PARAMS', `config: Unknown config option: invalid token '${token}'`);
    }
    const set = asked.filter(({ value }) => value !== undefined);
    const configs = set.map((each) => [each.name, configRow(each)]);
    return { configs: Object.fromEntries(configs) as unknown };
  },
});
