import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { readParams, unknownCommand } from '../rpc/table.ts';
import { defineCommand } from './modules.ts';

/** Would this command accept these parameters? */
export const check = defineCommand({
  name: 'check',
  category: 'node',
  title: 'Command for verifying parameters',
  description:
    'Verifies the parameters of another command without running it: the answer is the error that the command would give, or the name of the command if the parameters are valid. What depends on more than the parameters is not tried.',
  params: { command_to_check: required(field.string, 'The command whose parameters follow.') },
  rest: true,
  returns: { command_to_check: answer.string('The command that was checked.') },
  errors: ['UNKNOWN_COMMAND', 'NOT_SUPPORTED'],
  see_also: ['help'],
  access: 'read',
  run({ command_to_check, rest }, { commands }) {
    const command = commands.find(command_to_check);
    if (command === undefined) throw commands.refusal(command_to_check) ?? unknownCommand(command_to_check);
    readParams(command, rest);
    return { command_to_check };
  },
});
