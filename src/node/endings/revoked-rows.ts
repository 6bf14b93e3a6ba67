/** What is stored for penalties: the HTLCs of a channel's revoked commitments, page by page. */
import type { ChannelId } from '../../base/types/brand.ts';
import { MAX_READ_ROWS, type Row, type Store } from '../../infra/store/store.ts';

/** Every HTLC there ever was left a row, so that a busy channel has millions. Rejects as Store.read does. */
export async function* revokedRows(store: Store, channel_id: ChannelId): AsyncIterable<readonly Row[]> {
  for (let number: Row[string] = 0n; ; ) {
    const page: readonly Row[] = await store.read(
      'SELECT number, htlc FROM revoked_htlcs WHERE channel_id = ? AND number > ? ORDER BY number LIMIT ?',
      [channel_id, number, MAX_READ_ROWS],
    );
    yield page;
    if (page.length < MAX_READ_ROWS) return;
    number = page.at(-1)?.number ?? null;
  }
}
