/** `lightning-till/bolt11` in a browser: bundled without anything of Node, and run where there is nothing of Node. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { VALID } from './examples.ts';

test('the codec bundles for a browser without a Node import, and reads and writes there', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../../src/codec/bolt11/index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bolt11',
    minify: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !/src\/(codec\/bolt11|base\/types)\/|@noble\/|@scure\/base/.test(path),
  );
  assert.deepEqual(foreign, []);

  const [{ text, says }] = VALID;
  // What a browser has and a bare context lacks. Everything else of Node is out of reach here.
  const context = createContext({ TextEncoder, TextDecoder, text });
  runInContext(outputFiles[0]?.text ?? '', context);
  const run = (code: string): unknown => JSON.parse(runInContext(`JSON.stringify(${code})`, context) as string);
  assert.equal(run('bolt11.decodeInvoice(text).payee'), says.payee);
  assert.equal(
    run(`bolt11.decodeInvoice(bolt11.encodeInvoice(
      { ...bolt11.decodeInvoice(text), description: 'from a browser' },
      bolt11.signWith(new Uint8Array(32).fill(1)),
    )).description`),
    'from a browser',
  );
});
