import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { qrCode } from '../../../src/app/cli/qr-code.ts';
import { encodeQr } from '../../../src/codec/qr/encode.ts';
import { readQr, readSvg } from '../../support/read-qr.ts';

const INVOICE = `lnbcrt10n1${'p4sgxersp5pdkd52mep6lewe4a54n2d64ux8'.repeat(8)}`;
/** With two modules of white on each side. */
const size = encodeQr(INVOICE.toUpperCase()).size + 4;
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m';

/** The modules of a drawing: whether each character's upper and lower half is a block. */
function blocksOf(lines: readonly string[]): boolean[][] {
  return lines.flatMap((line) => [
    [...line].map((char) => char === '█' || char === '▀'),
    [...line].map((char) => char === '█' || char === '▄'),
  ]);
}

test('at a terminal with colours the code is black on white, whatever the theme', () => {
  const lines = qrCode(INVOICE, { columns: size, has_colours: true }).trimEnd().split('\n');
  for (const line of lines) assert.ok(line.startsWith(BLACK_ON_WHITE) && line.endsWith('\x1b[0m'));
  const drawn = blocksOf(lines.map((line) => line.slice(BLACK_ON_WHITE.length, -'\x1b[0m'.length)));
  assert.deepEqual([drawn.length, drawn[0]?.length], [size + 1, size]);
  assert.equal(
    readQr(size, (x, y) => drawn[y]?.[x] === true),
    INVOICE.toUpperCase(),
  );
});

test('without colours its white is the light of a dark terminal', () => {
  const drawn = blocksOf(qrCode(INVOICE, { columns: 500, has_colours: false }).trimEnd().split('\n'));
  assert.equal(
    readQr(size, (x, y) => drawn[y]?.[x] === false),
    INVOICE.toUpperCase(),
  );
});

test('a text that is given as it is keeps its letters', () => {
  const link = 'clnrest://shop.example:3010?rune=Zm9vYmFyQUJDREVG';
  const text = qrCode(link, { columns: 500, has_colours: false }, 'as it is');
  const drawn = blocksOf(text.trimEnd().split('\n'));
  assert.equal(
    readQr(drawn[0]?.length as number, (x, y) => drawn[y]?.[x] === false),
    link,
  );
});

test('a code wider than the terminal is not torn: it is in a file that only its owner reads', (t) => {
  const text = qrCode(INVOICE, { columns: size - 1, has_colours: true });
  const file = /it is in (\S+\.svg)/.exec(text)?.[1] as string;
  t.after(() => rmSync(dirname(file), { recursive: true }));
  assert.match(text, new RegExp(`^The QR code is ${size} columns wide, and this terminal ${size - 1}: `));
  assert.match(readFileSync(file, 'utf8'), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  assert.equal(readSvg(readFileSync(file, 'utf8')).text, INVOICE.toUpperCase());
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
