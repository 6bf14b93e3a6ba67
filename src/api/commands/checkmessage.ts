import { RpcError } from '../../base/errors.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { SignedMessageError, signerOf } from '../../node/keys/signed-message.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { isKnownNode } from './listnodes.ts';
import { defineCommand } from './modules.ts';

function readSigner(message: string, zbase: string): NodeId | undefined {
  try {
    return signerOf(message, zbase);
  } catch (error) {
    throw error instanceof SignedMessageError ? new RpcError('INVALID_PARAMS', error.message) : error;
  }
}

/** Verifies a signed text. */
export const checkmessage = defineCommand({
  name: 'checkmessage',
  category: 'node',
  title: 'Command to check if a signature is from a node',
  description:
    'Verifies that a node signed a text. From every signature some key can be recovered, also when the text is another one: so without `pubkey` the key must be one that `listnodes` shows. Otherwise the error names the key, as `claimed_key`.',
  params: {
    message: required(field.string, 'The text.'),
    zbase: required(field.string, 'The signature, in z-base-32.'),
    pubkey: optional(field.nodeId, 'The node that must have signed it.'),
  },
  returns: {
    verified: answer.boolean('Whether it is the signature of that node, or of one that we know.'),
    pubkey: answer.optional(answer.nodeId('The node whose key signed the text; absent if there is no such key.')),
  },
  errors: ['SIGNMESSAGE_PUBKEY_NOT_FOUND'],
  see_also: ['signmessage', 'listnodes'],
  access: 'read',
  async run({ message, zbase, pubkey }, modules) {
    const signer = readSigner(message, zbase);
    if (signer === undefined) return { verified: false };
    if (pubkey !== undefined) return { verified: pubkey === signer, pubkey: signer };
    if (!(await isKnownNode(modules, signer))) {
      throw new RpcError('SIGNMESSAGE_PUBKEY_NOT_FOUND', 'pubkey not found in the graph', { claimed_key: signer });
    }
    return { verified: true, pubkey: signer };
  },
});
