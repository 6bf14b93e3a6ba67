/** What commands ask of the public network. */
import type { PublicNetwork } from '../../node/network/public-network.ts';
import type { Page } from '../../node/network/questions.ts';

export interface NetworkModules {
  /** The map of the public network. */
  readonly network: Pick<PublicNetwork, 'ask'>;
}

/** All entries of a list, asked for page by page as they are read. */
export async function* allPages<T>(pageFrom: (from: number) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let from: number | undefined = 0; from !== undefined; ) {
    const page: Page<T> = await pageFrom(from);
    yield* page.entries;
    from = page.next;
  }
}
