/** What Till answers about payments, beside what Core Lightning does: the same codes, words and members, and where not, why. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connectToNode } from '../../../../src/api/client/index.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { Town } from '../../../support/town.ts';
import { type Answers, askAll, type Outcome } from './questions.ts';

const FILE = join(import.meta.dirname, '../../../data/payment-words.json');
const { answers: theirs } = JSON.parse(readFileSync(FILE, 'utf8')) as { answers: Answers };

const READER = 'the reader of invoices says in its own words where the text is wrong';
const OWN_CHANNELS = 'Till begins with what its own channels lack, and the map comes after that';
const SAYS_WHY = 'every "no route" of Till says why';
const KEYSEND =
  "Core Lightning's keysend tries for a while, and says 210; Till answers at once, as both do for xkeysend";
const AT_ONCE = 'Till knows at once that the channel does not carry it, and writes nothing down';

/** Questions that Till answers differently on purpose: with which code, in what words, and why. */
const DEPARTURES: Readonly<Record<string, { readonly code?: number; readonly words?: RegExp; readonly why: string }>> =
  {
    'sendpay: more than the channel has': { code: 204, words: /^the first channel cannot take it: /, why: AT_ONCE },
    'waitsendpay: more than the channel has': { code: 208, words: /^Never attempted payment part 0/, why: AT_ONCE },
    'listsendpays: by a text that is no invoice': { code: -32602, words: /^bolt11: Invalid bolt11: /, why: READER },
    'listsendpays: by a status that is none': {
      code: -32602,
      words: /^status: should be 'pending', 'complete' or 'failed'/,
      why: 'Core Lightning names the statuses of invoices, which are others',
    },
    ...Object.fromEntries(
      (['xpay', 'pay'] as const).flatMap((method) => [
        [`${method}: a text that is no invoice`, { code: -32602, words: /: Invalid bolt11: /, why: READER }],
        [`${method}: an invoice of another network`, { code: -32602, words: /: Invalid bolt11: .*lnbc/, why: READER }],
        [
          `${method}: a payee that nobody can reach`,
          { code: 205, words: /Unknown destination node \$stranger$/, why: OWN_CHANNELS },
        ],
        [
          `${method}: more than the channel has`,
          { code: 205, words: /^our channels cannot carry /, why: OWN_CHANNELS },
        ],
        [
          `${method}: a delay that is too short`,
          { code: 206, words: /takes too long \(maxfee, maxdelay\)$/, why: OWN_CHANNELS },
        ],
      ]),
    ),
    'xpay: a paid invoice again': { why: 'whoever lost the answer gets the proof of payment once more, as from pay' },
    'xkeysend: to a node that nobody knows': {
      code: 205,
      words: /Unknown destination node \$stranger$/,
      why: OWN_CHANNELS,
    },
    'xkeysend: more than the channel has': { code: 205, words: /^our channels cannot carry /, why: OWN_CHANNELS },
    'keysend: nothing': { code: -32602, words: /^Failed: amount must be non-zero$/, why: KEYSEND },
    'keysend: to a node that nobody knows': { code: 205, words: /Unknown destination node \$stranger$/, why: KEYSEND },
    'keysend: more than the channel has': { code: 205, words: /^our channels cannot carry /, why: KEYSEND },
    'getroute: more than the channel has': { code: 205, words: /^Could not find a route: ./, why: SAYS_WHY },
    'getroute: without its channel': { code: 205, words: /^Could not find a route: ./, why: SAYS_WHY },
  };

/** All of a record that the other one has too. */
function shared(ours: unknown, other: unknown): unknown {
  if (Array.isArray(ours) && Array.isArray(other)) {
    return ours.map((each, index) => shared(each, other[index]));
  }
  if (typeof ours !== 'object' || ours === null || typeof other !== 'object' || other === null) return ours;
  const known = Object.entries(ours).filter(([name]) => name in other);
  return Object.fromEntries(
    known.map(([name, value]) => [name, shared(value, (other as Record<string, unknown>)[name])]),
  );
}

/** Till quotes no more than 80 bytes of what does not fit. */
function cut(message: string | undefined): string | undefined {
  return message?.replace(/(invalid token '\{).*/, '$1...');
}

suite('questions about payments', TIMEOUT, () => {
  let town: Town;
  let ours: Answers;

  before(async () => {
    town = await Town.found();
    const [payee, payer] = await Promise.all([town.start('payee'), town.start('payer')]);
    await town.fund(payer);
    await town.connect(payer, payee);
    await town.open(payer, payee, 1_000_000);
    const [payer_client, payee_client] = await Promise.all([
      connectToNode(payer.rpc_file),
      connectToNode(payee.rpc_file),
    ]);
    try {
      const { channels } = await payer_client.call('listpeerchannels', {});
      ours = await askAll({
        payer: payer_client,
        payee: payee_client,
        payer_id: payer.keys.node_id,
        payee_id: payee.keys.node_id,
        short_channel_id: channels[0]?.short_channel_id as string,
      });
    } finally {
      payer_client.close();
      payee_client.close();
    }
  }, TIMEOUT);

  after(() => town.close());

  test('the same were put to both', () => {
    assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    for (const question of Object.keys(DEPARTURES)) assert(question in theirs, question);
  });

  for (const [question, their] of Object.entries(theirs)) {
    const departure = DEPARTURES[question];
    test(departure === undefined ? question : `${question}: ${departure.why}`, () => {
      const our = ours[question] as Outcome;
      if (departure !== undefined) {
        assert.equal(our.code, departure.code);
        assert.match(our.message ?? '', departure.words ?? /^$/);
        assert.notDeepEqual([our.code, our.message], [their.code, their.message], 'no departure any more');
        return;
      }
      assert.deepEqual([our.code, cut(our.message)], [their.code, cut(their.message)]);
      if (their.code !== undefined && their.members === undefined) return;
      assert.deepEqual(shared(our.members, their.members), shared(their.members, their.members));
    });
  }
});
