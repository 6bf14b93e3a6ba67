import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { type Field, fieldOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { isJsonObject, type Json } from '../rpc/json.ts';
import { runeView } from '../rpc/rune-view.ts';
import { defineCommand } from './modules.ts';
import { runeField } from './rune-fields.ts';

const paramsField: Field<Json> = {
  ...fieldOf<Json>('object or array', { type: ['object', 'array'] }, 'must be object or array', (value) =>
    Array.isArray(value) || isJsonObject(value) ? value : undefined,
  ),
  reads_null: true,
};

/** Judges a rune for somebody else. */
export const checkrune = defineCommand({
  name: 'checkrune',
  category: 'access',
  title: 'Command to validate a rune',
  description:
    'Says whether a rune of this node permits a request: for programs that take requests with runes themselves. A success counts as a use of the rune. The parameters are judged by the names and values given; an older name of a parameter counts as its own name too, where the method is a command of this node.',
  params: {
    rune: required(runeField, 'The rune.'),
    nodeid: optional(field.nodeId, 'Who asks, for restrictions by `id`.'),
    method: optional(field.string, 'What is asked for.'),
    params: optional(paramsField, 'With which parameters.'),
  },
  returns: { valid: answer.boolean('True.') },
  errors: ['RUNE_NOT_AUTHORIZED', 'RUNE_NOT_PERMITTED', 'RUNE_BLACKLISTED'],
  see_also: ['createrune', 'showrunes', 'blacklistrune'],
  access: 'write',
  async run({ rune, nodeid, method, params = {} }, { runes, commands }) {
    const command = method === undefined ? undefined : commands.find(method);
    await runes.check(rune, runeView(method, nodeid, params, { command, by_meaning: false }));
    return { valid: true };
  },
});
