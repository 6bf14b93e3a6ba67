/** A shop in which everything that anybody can write is hostile: markup, letters that turn the direction, no end, emoji. */
import assert from 'node:assert/strict';
import { connectToNode } from '../../../src/api/client/index.ts';
import { Storefront } from '../../support/storefront.ts';
import type { Browser, Look, Visit } from './browser.ts';
import { pathsOf, type Server } from './every-page.ts';

/** It would set `hacked`, or ask another server, if it were taken for markup. */
export const HOSTILE = `=1+1"><script>hacked=1</script><img src=//evil.example/x onerror=hacked=1>'\`\${7*7} \u202egnp.exe שלום 👩‍🚀 ${'Donaudampfschifffahrt'.repeat(8)}`;

type Answer = Readonly<Record<string, unknown>>;

/** What a field takes of it. */
export function hostile(characters: number): string {
  return [...HOSTILE].slice(0, characters).join('');
}

export class HostileShop {
  readonly store: Storefront;
  readonly #paths: Readonly<Record<Server, Readonly<Record<string, string>>>>;

  static async open(): Promise<HostileShop> {
    const store = await Storefront.open(
      '--invoices-onchain-fallback',
      `--alias=<b>\u202e"'👩‍🚀x`,
      '--webhook-allow-private=127.0.0.1',
    );
    const client = store.client;
    const ask = async (method: string, params: Answer): Promise<Answer> =>
      (await client.callAny(method, params as never)) as unknown as Answer;
    const order = { checkout: true, description: HOSTILE, metadata: { [hostile(40)]: HOSTILE } };
    // Paid over Lightning, with money that went back; the customer's name is hostile too.
    const paid = await store.invoice({ ...order, label: hostile(100), amount_msat: 500_000_000 });
    await store.pay(paid);
    const customer = await connectToNode(await store.customerSocket());
    const back = async (label: string): Promise<string> =>
      (await customer.call('invoice', { amount_msat: 2_000_000, label, description: HOSTILE })).bolt11;
    await ask('refund', { label: hostile(100), destination: await back('back'), note: hostile(200) });
    await ask('xpay', { invstring: await back('payout'), label: hostile(100) });
    customer.close();
    const sale = await ask('createsale', { counter: hostile(60), amount: 5_000_000, note: hostile(290) });
    await store.markPaid(sale as never, 5_000_000n);
    await ask('createitem', { name: hostile(60), amount: 1 });
    await ask('createlightningaddress', { name: 'tips', description: hostile(150) });
    const user = hostile(60).replace('\u202e', '');
    await ask('createuser', { user, role: 'cashier' });
    await ask('createlogin', { user });
    await ask('createrune', { restrictions: [[`pnamelabel^${HOSTILE}`]] });
    const url = `http://127.0.0.1:9/${encodeURI(hostile(90))}`;
    const { webhook_id } = await ask('createwebhook', { url, types: ['invoice.paid'] });
    await ask('testwebhook', { webhook_id });
    const short = await store.invoice({ ...order, label: `short ${hostile(90)}` });
    await store.deposit(await store.addressOf(short), 10_000);
    await store.mine(1);
    const open = await store.invoice({ ...order, label: `open ${hostile(90)}` });
    const { channels } = await ask('listpeerchannels', {});
    const { invoices } = await ask('listinvoices', { label: hostile(100) });
    const channel_id = String((channels as readonly Answer[])[0]?.channel_id);
    return new HostileShop(store, {
      shop: {
        '/i/{id}': new URL(open.checkout_url).pathname,
        '/a/{name}': '/a/tips',
        '/pos/sales/{sale_id}': '/pos/sales/1',
      },
      dashboard: {
        '/invoices/{number}': `/invoices/${(invoices as readonly Answer[])[0]?.created_index}`,
        '/channels/{id}/close': `/channels/${channel_id}/close`,
        '/webhooks/{id}': `/webhooks/${webhook_id}`,
      },
    });
  }

  private constructor(store: Storefront, paths: Readonly<Record<Server, Readonly<Record<string, string>>>>) {
    this.store = store;
    this.#paths = paths;
  }

  /** Where a server is. */
  urlOf(server: Server): string {
    return server === 'shop' ? this.store.shop_url : this.store.dashboard_url;
  }

  /** An example of a page with a part in its path. */
  example(server: Server, path: string): string {
    const found = path.includes('{') ? this.#paths[server][path] : path;
    assert.ok(found !== undefined, `${path} has no example: name one in hostile-shop.ts`);
    return found;
  }

  /** A link that signs the owner in. */
  async link(server: Server, next: string): Promise<string> {
    const { token } = await this.store.client.call('createlogin', {});
    return `${this.urlOf(server)}/sign-in?token=${token}&next=${encodeURIComponent(next)}`;
  }

  /** Runs with a visitor for whom the owner has signed in, and who sees every page of the server in turn. */
  async everyPage(
    browser: Browser,
    server: Server,
    look: Look,
    run: (seen: Visit, path: string) => Promise<void>,
  ): Promise<void> {
    const seen = await browser.visit(await this.link(server, '/'), look);
    try {
      await run(seen, '/sign-in?token');
      await seen.page.locator('main button').first().click();
      await seen.page.waitForURL((url) => url.pathname !== '/sign-in');
      for (const path of pathsOf(server)) {
        // Whoever has signed in is sent on from there: it was seen before.
        if (path === '/sign-in') continue;
        await seen.page.goto(this.urlOf(server) + this.example(server, path));
        await run(seen, path);
      }
    } finally {
      await seen.close();
    }
    const stranger = await browser.visit(`${this.urlOf(server)}/sign-in`, look);
    await run(stranger, '/sign-in');
    await stranger.close();
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}
