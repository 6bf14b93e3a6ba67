import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { usageLine } from '../rpc/faces/usage.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Which commands there are and what they take. */
export const help = defineCommand({
  name: 'help',
  category: 'node',
  title: 'Command to return all information about RPC commands',
  description:
    'Lists every command with its parameters, or only the one that is named. Optional parameters are in brackets.',
  params: { command: optional(field.string, 'Only this command.') },
  returns: {
    help: answer.array(
      answer.object({ command: answer.string('The name and the parameters.') }, 'A command.'),
      'The commands, by name.',
    ),
    'format-hint': answer.optional(answer.oneOf(['simple'], 'Tells `lightning-cli` to print plain text.')),
  },
  errors: ['UNKNOWN_COMMAND', 'NOT_SUPPORTED'],
  examples: [{ title: 'How is `check` used?', params: ['check'], result: undefined }],
  see_also: ['check'],
  access: 'read',
  run({ command }, { commands }) {
    let shown = commands.all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (command !== undefined) {
      const found = commands.find(command);
      if (found === undefined)
        throw commands.refusal(command) ?? new RpcError('UNKNOWN_COMMAND', `Unknown command ${command.slice(0, 80)}`);
      shown = [found];
    }
    return { help: shown.map((each) => ({ command: usageLine(each) })), 'format-hint': 'simple' };
  },
});
