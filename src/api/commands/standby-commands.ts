/** What a standby answers: what it knows itself, and what can be read from the database in which the other node writes. */
import { slowCurve } from '../../base/crypto/secp256k1.ts';
import type { Command } from '../rpc/command.ts';
import { commands } from './index.ts';
import { defineCommand, type Modules } from './modules.ts';
import { PAIR_FIELDS, pairRow } from './pair-row.ts';

/** The commands of the node that a standby has too, as they are. */
const SHARED: readonly string[] = [
  'check',
  'decode',
  'decodepay',
  'help',
  'listconfigs',
  'listinvoices',
  'listpays',
  'listsendpays',
  'stop',
  'waitanyinvoice',
  'waitinvoice',
];

/** What of the modules a standby needs for them. */
export interface StandbyModules extends Pick<Modules, 'invoices' | 'node' | 'pair' | 'commands'> {
  readonly deposits: Pick<Modules['deposits'], 'ofInvoices' | 'ofCoins'>;
  readonly payments: Pick<Modules['payments'], 'listParts' | 'list'>;
}

const getinfo = commands.find(({ name }) => name === 'getinfo') as Command<Modules>;

/** `getinfo` of a node that waits: it follows no chain, and has no peers and no wallet of its own. */
const standbyInfo = defineCommand({
  ...getinfo,
  params: {},
  returns: PAIR_FIELDS,
  examples: [],
  async run(_params, { node, pair }) {
    const { lightning_dir, ...info } = await node.info();
    const warnings = { warning_libsecp256k1: slowCurve };
    return { ...info, 'lightning-dir': lightning_dir, ...pairRow(await pair.state()), ...warnings };
  },
});

/** The commands of a standby, ordered by name. */
export const standbyCommands: readonly Command<StandbyModules>[] = [
  ...commands.filter(({ name }) => SHARED.includes(name)),
  standbyInfo,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));
