/** All kinds of daemons that the tests can ask. */

import { bitcoindMissing } from '../../support/bitcoind.ts';
import { coreLightning } from './core-lightning.ts';
import type { DaemonKind } from './daemon.ts';
import { eclair } from './eclair.ts';
import { electrum } from './electrum.ts';
import { ldkNode } from './ldk-node.ts';
import { lnd } from './lnd.ts';

const ALL: readonly DaemonKind[] = [lnd, coreLightning, eclair, ldkNode, electrum];

/** Each kind with the reason why it is skipped, for `test(name, { skip })`; false where it is not. */
export const KINDS: readonly { readonly kind: DaemonKind; readonly skip: string | false }[] = ALL.map((kind) => ({
  kind,
  skip: kind.missing ?? bitcoindMissing ?? false,
}));
