/** The commands behind a dispatcher that holds them to what they declare, without a socket. */
import assert from 'node:assert/strict';
import { commands } from '../../../src/api/commands/index.ts';
import type { Modules, NodeControl } from '../../../src/api/commands/modules.ts';
import { type Caller, Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { RequestReader } from '../../../src/api/rpc/request-stream.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { webhookPort } from '../../../src/app/daemon/webhook-port.ts';
import { AddressGuard } from '../../../src/infra/http/address-guard.ts';
import { WatchedStore } from '../../../src/infra/store/watched-store.ts';
import { EventLog } from '../../../src/shop/events/event-log.ts';
import { HttpSender } from '../../../src/shop/webhooks/http-sender.ts';
import { Webhooks } from '../../../src/shop/webhooks/webhooks.ts';
import { type Fixture, openFixture } from '../../shop/invoices/fixture.ts';
import { testStore } from '../../support/test-store.ts';

/** What a client reads. */
export interface Answered {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface Asker {
  readonly fixture: Fixture;
  /** Sends the request with `params` as it is written, and reads the reply. */
  ask(method: string, params?: string): Promise<Answered>;
  /** The same reply as text. */
  text(method: string, params?: string): Promise<string>;
  /** The result. Fails on an error. */
  get(method: string, params?: string): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

const node: NodeControl = {
  info: () => assert.fail('not asked'),
  configs: () => [],
  signMessage: () => assert.fail('not asked'),
  stop: () => assert.fail('not asked'),
};

const NO_PAIR: Modules['pair'] = {
  state: async () => undefined,
  standbyToTakeOver: () => assert.fail('not asked'),
  handOver: () => assert.fail('not asked'),
};

const NO_DEPOSITS: Modules['deposits'] = {
  ofInvoices: async () => [],
  ofCoins: async () => [],
  unpaid: async () => [],
  decide: async () => undefined,
};

const NO_RESERVE: Modules['reserve'] = { state: () => assert.fail('not asked'), warningFor: () => undefined };

/** A asker to a new fixture. */
export function openAsker(): Asker {
  const store = new WatchedStore(testStore({ onFailure: (error) => assert.fail(error) }));
  const fixture = openFixture({ store });
  const onBackgroundError = (error: unknown): never => assert.fail(error as Error);
  const events = new EventLog({ store, clock: fixture.clock, onBackgroundError });
  const webhooks = new Webhooks({
    store,
    clock: fixture.clock,
    randomBytes: fixture.options.randomBytes,
    events: webhookPort(events),
    sender: new HttpSender({
      clock: fixture.clock,
      guard: new AddressGuard({ allowed: new Set(['127.0.0.1']) }),
      user_agent: 'Till/test',
    }),
    seal_key: fixture.options.payment_secret_key,
    log: { info: () => {}, warn: () => {} },
    onBackgroundError,
  });
  const started = webhooks.start();
  const unexpected: unknown[] = [];
  // The family uses these modules; a command of another one would fail at once.
  const family: Partial<Modules> = {
    node,
    pair: NO_PAIR,
    invoices: fixture.invoices,
    events,
    webhooks,
    clock: fixture.clock,
    chain: { view: () => ({ kind: 'current' }) } as Modules['chain'],
    deposits: NO_DEPOSITS,
    reserve: NO_RESERVE,
    commands: tableOf(commands),
  };
  const modules = family as Modules;
  const dispatcher = new Dispatcher(commands, modules, {
    strict: true,
    onUnexpected: (error) => void unexpected.push(error),
  });
  const gone = new AbortController();
  const caller: Caller = {
    transport: 'unix',
    connection: { notifications: false, deprecations: true, batching: false },
    signalFor: () => gone.signal,
    send: () => assert.fail('no notice is expected'),
    afterReply: () => assert.fail('nothing comes after'),
  };
  async function textOf(method: string, params = '{}'): Promise<string> {
    // As in the node: nobody is heard before the webhooks of the last run are read.
    await started;
    let reply: ReturnType<Dispatcher<Modules>['dispatch']> | undefined;
    new RequestReader().push(
      Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`),
      (request) => {
        reply = dispatcher.dispatch(request, caller);
      },
    );
    const answered = await reply;
    let text = '';
    for await (const piece of typeof answered === 'string' ? [answered] : (answered ?? [])) text += piece;
    assert.deepEqual(unexpected, []);
    return text.trimEnd();
  }
  const ask = async (method: string, params?: string): Promise<Answered> =>
    JSON.parse(await textOf(method, params)) as Answered;
  return {
    fixture,
    ask,
    text: textOf,
    async get(method, params) {
      const { result, error } = await ask(method, params);
      assert.equal(error, undefined);
      assert.ok(result);
      return result;
    },
    async close() {
      await started;
      await webhooks.stop();
      await fixture.close();
    },
  };
}
