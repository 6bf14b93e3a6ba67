import { RpcError } from '../../base/errors.ts';
import type { Txid } from '../../base/types/brand.ts';
import { psbtInputs } from '../../node/wallet/psbt.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import type { ChannelModules } from './channel-modules.ts';
import { defineCommand } from './modules.ts';

const reservation = answer.object(
  {
    txid: answer.txid('The transaction that made the output.'),
    vout: answer.integer('Its index there.'),
    was_reserved: answer.boolean('Whether it was reserved.'),
    reserved: answer.boolean('Whether it still is.'),
    reason: answer.optional(answer.string('Why it still is, when it is.')),
  },
  'An output of the wallet.',
);

/** Why the transaction that an output is reserved for must keep it; undefined when nobody needs it. */
function neededFor(txid: Txid, wallet: Wallet, channels: ChannelModules['channels']): string | undefined {
  const own = wallet.find(txid);
  if (own?.state === 'sent') return `transaction ${txid} is on its way`;
  if (own?.purpose === 'fees') return `transaction ${txid} pays for closing a channel`;
  if (channels.usesFunding(txid)) return `transaction ${txid} funds a channel`;
  return undefined;
}

/** Frees coins that are held for something that is over. */
export const unreserveinputs = defineCommand({
  name: 'unreserveinputs',
  category: 'wallet',
  title: 'Release reserved UTXOs',
  description:
    'Frees outputs of the wallet that are reserved for a transaction which was never sent and which nothing needs any more. Till does that by itself, at the latest with the next block; `listfunds` shows what each reserved output waits for. What an opening channel, a closing one or a transaction on its way needs stays reserved, and the answer says why.',
  params: {
    psbt: optional(field.string, 'The inputs of this PSBT.'),
    reserve: optional(
      field.integer,
      'Accepted for the sake of clients: what Till reserves has no end in blocks, and is freed whole.',
    ),
    utxos: optional(field.arrayOf(field.outpoint), 'The outputs, each as `txid:vout`; in the place of a PSBT.'),
  },
  returns: { reservations: answer.array(reservation, 'What has become of each.') },
  errors: ['INVALID_PARAMS'],
  see_also: ['listfunds', 'withdraw', 'fundchannel'],
  access: 'write',
  async run({ psbt, utxos }, { wallet, channels }) {
    const named = utxos?.map(({ txid, output }) => ({ txid, vout: output }));
    const outpoints = psbt === undefined ? named : psbtInputs(psbt);
    if (outpoints === undefined) {
      throw new RpcError(
        'INVALID_PARAMS',
        psbt === undefined ? 'missing required parameter: psbt' : 'psbt: not a PSBT',
      );
    }
    const reservations = [];
    for (const { txid, vout } of outpoints) {
      const reserved_by = wallet.reservedBy({ txid: txid as Txid, vout });
      const reason = reserved_by && neededFor(reserved_by, wallet, channels);
      if (reserved_by !== undefined && reason === undefined) await wallet.release(reserved_by);
      const reserved = wallet.reservedBy({ txid: txid as Txid, vout }) !== undefined;
      reservations.push({ txid: txid as string, vout, was_reserved: reserved_by !== undefined, reserved, reason });
    }
    return { reservations };
  },
});
