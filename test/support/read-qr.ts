/** Reads drawn QR codes back, by a reader that shares nothing with what draws them. */
import { decodeQR } from 'qr/decode.js';

/** Pixels for each module, and modules of white around the code. */
const [SCALE, MARGIN] = [3, 4];

/** The text of the code whose modules these are. Throws where no reader would find one. */
export function readQr(size: number, isDark: (x: number, y: number) => boolean): string {
  const width = (size + 2 * MARGIN) * SCALE;
  const data = new Uint8Array(width * width * 3);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const isBlack = isDark(Math.floor(x / SCALE) - MARGIN, Math.floor(y / SCALE) - MARGIN);
      // Red, green and blue.
      const at = (y * width + x) * 3;
      data[at] = data[at + 1] = data[at + 2] = isBlack ? 0 : 255;
    }
  }
  return decodeQR({ width, height: width, data });
}

/** The dark modules that the stroked path of an SVG draws, as `x,y`. */
export function modulesOf(svg: string): Set<string> {
  const path = /stroke="#000" d="([^"]*)"/.exec(svg)?.[1] as string;
  const dark = new Set<string>();
  let [x, y] = [0, 0];
  for (const [, move, first, second] of path.matchAll(/([Mmh])(-?\d+)(?: (\d+)(?:\.5)?)?/g)) {
    if (move === 'M') [x, y] = [Number(first), Number(second)];
    else if (move === 'm') x += Number(first);
    else for (const end = x + Number(first); x < end; x++) dark.add(`${x},${y}`);
  }
  return dark;
}

/** The text of a code in an SVG, and how wide it is, with its quiet zone. */
export function readSvg(svg: string): { readonly text: string; readonly size: number } {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const dark = modulesOf(svg);
  return { text: readQr(size, (x, y) => dark.has(`${x},${y}`)), size };
}
