import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

const missing = ['bash', 'jq', 'bitcoind', 'bitcoin-cli', 'lightningd', 'lightning-cli'].filter(
  (program) => spawnSync(program, ['--version']).error !== undefined,
);

test(
  'docs/guide/interoperability.md',
  missing.length === 0 ? {} : { skip: `not on the PATH: ${missing.join(', ')}` },
  async (t) => {
    const reader = new Reader('interoperability');
    t.after(() => reader.close());
    // Its listings are one script, with functions that the later ones use.
    const listings = [...reader.text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((listing) => listing[1]);
    const script = listings
      .join('\n')
      .replaceAll('19846', String(await freePort()))
      .replaceAll('19847', String(await freePort()));
    reader.command('trial', `exec bash -euo pipefail <<'END'\n${script}\nEND`);
    const last = await reader.outside('trial');
    assert.match(last, /ONCHAIN|CLOSINGD|FUNDING_SPEND_SEEN|AWAITING_UNILATERAL/);
  },
);
