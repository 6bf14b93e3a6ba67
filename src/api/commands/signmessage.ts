import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** As in Core Lightning: the longest text in bytes. */
const MAX_MESSAGE_BYTES = 65_535;

/** Signs a text. */
export const signmessage = defineCommand({
  name: 'signmessage',
  category: 'node',
  title: 'Command to create a signature from this node',
  description:
    'Signs a text with the key of the node, so that others can verify that the text is from this node. LND, Core Lightning and Till read the signature. It cannot sign a payment or a transaction: the text is hashed with the prefix `Lightning Signed Message:`.',
  params: { message: required(field.string, 'The text, of at most 65,535 bytes.') },
  returns: {
    signature: answer.hex('The signature, 64 bytes.'),
    recid: answer.hex('The recovery id, one byte.'),
    zbase: answer.string('Both in z-base-32: what `checkmessage` takes.'),
  },
  errors: [],
  see_also: ['checkmessage'],
  access: 'write',
  run({ message }, { node }) {
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw new RpcError('INVALID_PARAMS', 'Message must be < 64k');
    return { ...node.signMessage(message) };
  },
});
