import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

const entry = answer.object(
  {
    key: answer.array(answer.string('A part of the key.'), 'The key.'),
    generation: answer.optional(answer.integer('How often it was changed.')),
    hex: answer.optional(answer.hex('What is stored.')),
    string: answer.optional(answer.string('The same as text.')),
  },
  'What is stored for a program.',
);

/** Shows what other programs stored. */
export const listdatastore = defineCommand({
  name: 'listdatastore',
  category: 'node',
  title: 'Command for listing (plugin) data',
  description:
    'Lists what other programs stored in the node. Till stores nothing for them, so the list is always empty. An invoice has `metadata`.',
  params: { key: optional(field.any, 'Only what lies under this key.') },
  returns: { datastore: answer.array(entry, 'What is stored: nothing.') },
  errors: [],
  see_also: ['invoice'],
  access: 'read',
  run: () => ({ datastore: [] }),
});
