/** What it costs to judge a rune: from the request's parameters to the verdict, as each call over HTTP is judged. */
import { commands } from '../src/api/commands/index.ts';
import type { Json } from '../src/api/rpc/json.ts';
import { runeView } from '../src/api/rpc/rune-view.ts';
import { tableOf } from '../src/api/rpc/table.ts';
import { secureRandomBytes } from '../src/base/crypto/random.ts';
import { systemClock } from '../src/base/types/clock.ts';
import { Secret } from '../src/base/types/secret.ts';
import { MemoryStore } from '../src/infra/store/memory-store.ts';
import { encodeRune, parseAlternative, parseRune, restrictRune } from '../src/shop/access/rune.ts';
import { Runes } from '../src/shop/access/runes.ts';
import { type Figure, rate } from './figures.ts';

export const name = 'runes: judged for the first time, and again';

/** Far more than the node remembers, so that each is new to it when its turn comes again. */
const RUNES = 20_000;
/** What LNbits documents, but for its rate: that would be a write. */
const RESTRICTIONS = ['method=invoice', 'pnameamount_msat<1000001', 'pnamelabel^LNbits'];
const PARAMS: Json = { amount_msat: 1000, label: 'LNbits 7', description: '1 cup of coffee' };

export async function run(): Promise<readonly Figure[]> {
  const table = tableOf(commands);
  const store = new MemoryStore({
    onFailure: (error) => {
      throw error;
    },
  });
  const runes = await Runes.open({
    store,
    clock: systemClock,
    randomBytes: secureRandomBytes,
    key: new Secret(secureRandomBytes(32)),
    onBackgroundError: (error) => {
      throw error;
    },
  });
  const { rune } = await runes.create(RESTRICTIONS.map((text) => [parseAlternative(text)]));
  const others = Array.from({ length: RUNES }, (_none, index) =>
    encodeRune(restrictRune(parseRune(rune), [[parseAlternative(`till#${index}`)]])),
  );
  const command = table.find('invoice');
  const judge = (text: string): void =>
    void runes.check(text, runeView('invoice', undefined, PARAMS, { command, by_meaning: true }));
  const microseconds = (textOf: (index: number) => string): number => 1e6 / rate((index) => judge(textOf(index)));
  const figures: Figure[] = [
    {
      what: 'a rune of four restrictions, judged for the first time',
      value: microseconds((index) => others[index % RUNES] as string),
      unit: 'us',
      must_reach: 20,
    },
    { what: '  again', value: microseconds(() => rune), unit: 'us', must_reach: 3 },
  ];
  await runes.stop();
  await store.close();
  return figures;
}
