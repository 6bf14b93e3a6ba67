/** Builds the layer of the APIs: the commands, the Unix socket that they are asked over, and the web process. */
import { commands } from '../../api/commands/index.ts';
import type { Modules } from '../../api/commands/modules.ts';
import { refusalOf } from '../../api/commands/refusals.ts';
import { CURRENCY_FUNCTION } from '../../api/commands/sql-income-view.ts';
import { SQL_TABLES } from '../../api/commands/sql-tables.ts';
import { Dispatcher } from '../../api/rpc/dispatch.ts';
import { QueryRunner } from '../../infra/store/queries/runner.ts';
import { parseRune } from '../../shop/access/rune.ts';
import { buildWeb } from './build-web.ts';
import { type BuiltLayers, modulesOf } from './command-modules.ts';
import type { Part } from './lifecycle.ts';
import { openMetrics } from './metrics.ts';
import type { OpenWeb } from './open-web.ts';
import { socketPart } from './socket-part.ts';

/** How the node is asked. */
export interface Api {
  readonly dispatcher: Dispatcher<Modules>;
  readonly parts: readonly Part[];
}

/** Nothing is listened to before the parts are started. `waiting` is the web process of the time as a standby: see buildWeb. */
export function buildApi(layers: Omit<BuiltLayers, 'queries'>, waiting: Promise<OpenWeb | undefined>): Api {
  const { config, log, clock, store } = layers.infra;
  const words = { [CURRENCY_FUNCTION]: config.network.bech32_prefix };
  const queries = new QueryRunner({ file: layers.infra.database.file, tables: SQL_TABLES, words, clock });
  const metrics = config.values['metrics-bind'] === undefined ? undefined : openMetrics(layers);
  const dispatcher = new Dispatcher(commands, modulesOf({ ...layers, queries }), {
    refuse: refusalOf,
    fence: () => store.fence(),
    ...(metrics === undefined ? {} : { onAnswered: metrics.onAnswered }),
    judgeRune: (rune, request, continues) => layers.shop.runes.check(rune, request, continues),
    personOf: (credential) => layers.shop.people.personOf(credential),
    once: ({ rune, ...request }, run) =>
      layers.shop.idempotency.once({ ...request, scope: parseRune(rune).id ?? '' }, run),
    onUnexpected: (error, method) =>
      log.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  const socket = socketPart({ config, log, clock, dispatcher });
  const web = buildWeb(layers, dispatcher, metrics, waiting);
  // Stopped after those who ask, and before the database: they read its file.
  const asked: Part = { name: 'queries', stop: () => queries.stop() };
  return { dispatcher, parts: web === undefined ? [asked, socket] : [asked, socket, web] };
}
