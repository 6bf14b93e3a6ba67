/** Sends a mutual close to the network, for the first time or again. */
import type { ChannelId } from '../../../base/types/brand.ts';
import type { ChainSource } from '../../../infra/chain/source.ts';
import type { ChannelLog } from '../ports.ts';

/** `transaction` is serialized, hex. What the chain answers is logged; it never rejects. */
export async function broadcastClose(
  chain: Pick<ChainSource, 'broadcast'>,
  log: ChannelLog,
  channel_id: ChannelId,
  transaction: string,
): Promise<void> {
  const what = `the closing transaction of channel ${channel_id}`;
  try {
    const result = await chain.broadcast([Buffer.from(transaction, 'hex')]);
    if (result.kind === 'rejected') log.warn(`${what} was refused: ${result.reason}`);
    if (result.kind === 'accepted') log.info(`${what} was sent`);
  } catch (error) {
    log.warn(`${what} could not be sent yet: ${error instanceof Error ? error.message : String(error)}`);
  }
}
