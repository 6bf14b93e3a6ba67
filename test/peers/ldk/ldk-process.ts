/**
 * One LDK node in a process of its own (an exception inside a callback would poison the module for good, so it must
 * not take the tests with it). Forked by ldk-peer.ts; speaks protocol.ts over the fork's channel.
 */
import { LdkNode } from './ldk-node.ts';
import type { FromLdk, LdkCommands, LdkEvent, ToLdk } from './protocol.ts';

function send(message: FromLdk): void {
  process.send?.(message);
}

let node: LdkNode | undefined;

function running(): LdkNode {
  if (node === undefined) throw new Error('the LDK node has not been started');
  return node;
}

const commands: { [name in keyof LdkCommands]: (...args: Parameters<LdkCommands[name]>) => unknown } = {
  async start(options) {
    node = await LdkNode.create(options, (event: LdkEvent) => send({ event }));
    const port = await node.listen();
    return { node_id: node.node_id, port, script_pubkey: node.script_pubkey, height: node.height };
  },
  connect: (node_id, port) => running().connect(node_id, port),
  disconnect: (node_id) => running().disconnect(node_id),
  feed: (block) => running().feed(block),
  unconfirm: (txid) => running().unconfirm(txid),
  openChannel: (node_id, amount_sat, push_msat, announced) =>
    running().openChannel(node_id, amount_sat, push_msat, announced),
  fundingTransaction: (id, node_id, transaction) => running().fundingTransaction(id, node_id, transaction),
  createInvoice: (amount_msat, description) => running().createInvoice(amount_msat, description),
  pay: (bolt11, amount_msat) => running().pay(bolt11, amount_msat),
  sendParts: (hash, secret, paths) => running().sendParts(hash, secret, paths),
  hold: (is_holding) => running().hold(is_holding),
  trust: (node_id) => running().trust(node_id),
  channels: () => running().channels(),
  close: (channel_id, node_id) => running().close(channel_id, node_id),
  forceClose: (channel_id, node_id) => running().forceClose(channel_id, node_id),
  decode: (bolt11) => running().decode(bolt11),
  unresolved: () => running().unresolved(),
  tick: () => running().tick(),
};

process.on('message', async ({ id, command, args }: ToLdk) => {
  try {
    const run = commands[command] as (...args: unknown[]) => unknown;
    send({ id, result: (await run(...args)) ?? null });
    node?.processAll();
  } catch (error) {
    send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
