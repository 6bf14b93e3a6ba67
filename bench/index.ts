/**
 * `npm run bench [TOPIC ...]`: runs every bench, or those named, and prints its figures beside their goals. Ends with 1
 * when a goal is missed, so that a script can ask.
 */
import { readdirSync } from 'node:fs';
import { type Bench, formatFigure, reaches } from './figures.ts';

const NOT_BENCHES = new Set(['index.ts', 'figures.ts']);
const topics = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !NOT_BENCHES.has(file))
  .map((file) => file.slice(0, -3))
  .sort();
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = wanted.filter((word) => !topics.includes(word));
if (unknown.length > 0) {
  console.error(`No bench is called ${unknown.join(', ')}. There are: ${topics.join(', ')}`);
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}`);
let missed = 0;
for (const topic of wanted.length === 0 ? topics : wanted) {
  const bench = (await import(`./${topic}.ts`)) as Bench;
  if (bench.isSlow === true && wanted.length === 0) continue;
  console.log(`\n${bench.name}`);
  for (const figure of await bench.run()) {
    console.log(formatFigure(figure));
    if (!reaches(figure)) missed++;
  }
}
if (missed > 0) {
  console.log(`\n${missed} below what they must reach.`);
  process.exitCode = 1;
}
