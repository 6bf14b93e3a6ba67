import { slowCurve } from '../../base/crypto/secp256k1.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import { PAIR_FIELDS, pairRow } from './pair-row.ts';
import { RESERVE_FIELDS, reserveRow } from './reserve-row.ts';
import { SYNC_WARNINGS, syncWarnings } from './sync-warnings.ts';

const address = answer.object(
  {
    type: answer.oneOf(['ipv4', 'ipv6', 'torv3', 'dns', 'local socket', 'websocket'], 'What kind of address it is.'),
    address: answer.string('The address in its usual spelling.'),
    port: answer.integer('The port.'),
  },
  'An address.',
);

/** Who the node is and how it fares. */
export const getinfo = defineCommand({
  name: 'getinfo',
  category: 'node',
  title: 'Command to receive all information about the node',
  description:
    'Tells who the node is, where it listens, how many peers and channels it has, and how far it has followed the chain.',
  params: {},
  returns: {
    id: answer.nodeId('The public key of the node.'),
    alias: answer.string('The name that the node shows to others.'),
    color: answer.string('The color that the node shows to others: six hex digits.'),
    num_peers: answer.integer('How many peers are connected or have a channel with us.'),
    num_pending_channels: answer.integer('Channels that are being opened.'),
    num_active_channels: answer.integer('Channels that can carry payments.'),
    num_inactive_channels: answer.integer('Channels that are closing or closed.'),
    address: answer.array(address, 'Where other nodes can reach this one.'),
    binding: answer.array(address, 'Where this node listens.'),
    version: answer.string('The version of Till.'),
    blockheight: answer.integer('The height of the newest block that was processed.'),
    network: answer.string('The Bitcoin network.'),
    fees_collected_msat: answer.msat('Fees earned by forwarding. Till forwards nothing, so it is 0.'),
    'lightning-dir': answer.string("The directory of this network's files."),
    our_features: answer.object(
      {
        init: answer.hex('In `init`, to peers.'),
        node: answer.hex('In the node announcement.'),
        channel: answer.hex('In channel announcements.'),
        invoice: answer.hex('In invoices.'),
      },
      'Feature bits (BOLT 9), by the message that shows them.',
    ),
    ...PAIR_FIELDS,
    ...RESERVE_FIELDS,
    ...SYNC_WARNINGS,
    warning_libsecp256k1: answer.optional(
      answer.string('This machine has no binary of libsecp256k1: signatures take longer. Says how to get it.'),
    ),
  },
  errors: [],
  see_also: ['listconfigs', 'help'],
  access: 'read',
  async run(_params, { node, chain, reserve, pair }) {
    const { lightning_dir, ...info } = await node.info();
    const row = pairRow(await pair.state());
    const warnings = { ...syncWarnings(chain.view()), warning_libsecp256k1: slowCurve };
    return { ...info, 'lightning-dir': lightning_dir, ...row, ...reserveRow(reserve.state()), ...warnings };
  },
});
