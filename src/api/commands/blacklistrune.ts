import { RpcError } from '../../base/errors.ts';
import { ID_LIMIT } from '../../shop/access/runes.ts';
import { answer } from '../rpc/answer.ts';
import { optional, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Revokes runes. */
export const blacklistrune = defineCommand({
  name: 'blacklistrune',
  aliases: ['destroyrune'],
  category: 'access',
  title: 'Command to prevent a rune from working',
  description:
    'Revokes the runes with the numbers from `start` to `end`, and all that were derived from them. They are refused from this moment on. Without parameters it shows what is revoked.',
  params: {
    start: optional(field.u64, 'The first number; see `unique_id` of `showrunes`.'),
    end: optional(field.u64, 'The last number. By default the first one alone.'),
    relist: withDefault(field.boolean, false, 'Whether the runes are to work again.'),
  },
  returns: {
    blacklist: answer.array(
      answer.object(
        { start: answer.integer('The first number.'), end: answer.integer('The last one.') },
        'Numbers that are revoked.',
      ),
      'All that is revoked.',
    ),
  },
  errors: ['INVALID_PARAMS'],
  see_also: ['showrunes', 'createrune'],
  access: 'write',
  async run({ start, end, relist }, { runes }) {
    if (start === undefined && end !== undefined) {
      throw new RpcError('INVALID_PARAMS', 'Can not specify end without start');
    }
    const last = end ?? start;
    if (last !== undefined && last >= BigInt(ID_LIMIT)) {
      throw new RpcError('INVALID_PARAMS', `Cannot blacklist beyond ${ID_LIMIT}`);
    }
    const isChange = start !== undefined && last !== undefined && last >= start;
    const ranges = isChange
      ? await runes.changeBlacklist({ start: Number(start), end: Number(last) }, relist)
      : runes.blacklist;
    return { blacklist: ranges.map((range) => ({ start: range.start, end: range.end })) };
  },
});
