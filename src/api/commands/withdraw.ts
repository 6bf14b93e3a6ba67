import { RpcError } from '../../base/errors.ts';
import { parseAddress } from '../../base/types/address.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { serializeTransaction } from '../../codec/tx/transaction.ts';
import { unsignedPsbt } from '../../node/wallet/psbt.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { requestedFeerate } from './fee-estimates.ts';
import { defineCommand } from './modules.ts';
import { walletFailure } from './wallet-failure.ts';

/** The script of an address on our network. Throws RpcError in Core Lightning's words. */
export function destinationScript(text: string, network: Network): Uint8Array {
  const address = parseAddress(text);
  if (address === undefined) {
    throw new RpcError('LIGHTNINGD', 'Could not parse destination address, destination should be a valid address');
  }
  if (!address.networks.includes(network.name)) {
    throw new RpcError('LIGHTNINGD', `Destination address is not on network ${network.name}`);
  }
  return fromHex(address.script_pubkey);
}

/** Pays from the wallet to an address. */
export const withdraw = defineCommand({
  name: 'withdraw',
  category: 'wallet',
  title: 'Command for withdrawing funds from the internal wallet',
  description:
    'Sends money from the wallet to an address. Till sends the transaction again with every block until it is mined. While ' +
    'there is a channel, the wallet keeps a reserve for closing it: `getinfo` tells how much.',
  params: {
    destination: required(field.string, 'An address of this network, of any type.'),
    satoshi: required(field.satOrAll, 'The amount in satoshi, or `all`.'),
    feerate: optional(field.feerate, 'The fee rate, by name or number. Default: `normal`.'),
    minconf: withDefault(
      field.integer,
      1,
      'Confirmations that the coins must have. 0 also allows our own unconfirmed change.',
    ),
    utxos: optional(field.arrayOf(field.outpoint), 'The coins to spend, all of them, each as `txid:vout`.'),
    force: byName(
      withDefault(
        field.boolean,
        false,
        'Spend what is kept for closing channels too. Payments that the wallet can then not defend are refused.',
      ),
    ),
  },
  returns: {
    tx: answer.hex('The signed transaction.'),
    txid: answer.txid('Its id.'),
    psbt: answer.string('The unsigned transaction as a PSBT, base64.'),
  },
  errors: [
    'FUND_CANNOT_AFFORD',
    'FUNDING_STILL_SYNCING_BITCOIN',
    'FUND_OUTPUT_IS_DUST',
    'FUNDING_BROADCAST_FAIL',
    'FUND_CANNOT_AFFORD_WITH_EMERGENCY',
    'BCLI_NO_FEE_ESTIMATES',
  ],
  examples: [
    { title: 'A part', params: ['bc1q...', 50_000] },
    { title: 'Everything, without haste', params: ['bc1q...', 'all', 'slow'] },
  ],
  see_also: ['listfunds', 'newaddr', 'feerates'],
  access: 'write',
  async run({ destination, satoshi, feerate, minconf, utxos, force }, { wallet, chain }) {
    const script = destinationScript(destination, wallet.network);
    const feerate_per_kw = requestedFeerate(chain, feerate ?? { kind: 'named', name: 'normal' });
    try {
      const signed = await wallet.withdraw(script, satoshi, {
        feerate_per_kw,
        min_confirmations: minconf,
        force,
        ...(utxos === undefined ? {} : { utxos: utxos.map(({ txid, output }) => ({ txid, vout: output })) }),
      });
      return {
        tx: toHex(serializeTransaction(signed.transaction)),
        txid: signed.txid,
        psbt: unsignedPsbt(signed),
      };
    } catch (error) {
      throw walletFailure(error, chain);
    }
  },
});
