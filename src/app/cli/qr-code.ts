/** An invoice or a link as a QR code, for a phone: drawn where the terminal has room for it, else in a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeQr, type QrCode } from '../../codec/qr/encode.ts';
import { strokes } from '../../codec/qr/path.ts';

/** White around the code, in modules: readers want four, and take two where all around it is white or dark. */
const BORDER_MODULES = 2;

/** Black on white in any theme: of the 256 colours these two are fixed. */
const BLACK_ON_WHITE = '\x1b[38;5;16;48;5;231m';
const AS_BEFORE = '\x1b[0m';

/** How a code is drawn. */
export interface Drawing {
  /** The width of the terminal. */
  readonly columns: number;
  /** Whether the terminal has colours. Without them dark is what its background is: right on a dark terminal. */
  readonly has_colours: boolean;
}

/** The text as a QR code, ready to print; where it is too wide for the terminal, a sentence that says where it is. */
export function qrCode(
  given: string,
  { columns, has_colours }: Drawing,
  letters: 'any case' | 'as it is' = 'any case',
): string {
  // Upper case makes a smaller code: QR packs it denser, and bech32 allows it.
  const text = letters === 'any case' ? given.toUpperCase() : given;
  const code = encodeQr(text);
  const size = code.size + 2 * BORDER_MODULES;
  if (size > columns) {
    const file = writeDrawing(svgOf(code));
    return `The QR code is ${size} columns wide, and this terminal ${columns}: it is in ${file}, for a browser to show.\n`;
  }
  const lines: string[] = [];
  for (let y = -BORDER_MODULES; y < code.size + BORDER_MODULES; y += 2) {
    const line = Array.from({ length: size }, (_, column) => {
      const x = column - BORDER_MODULES;
      // One character is two modules high: a character is about twice as high as wide.
      return halves(code.isDark(x, y), code.isDark(x, y + 1), has_colours);
    }).join('');
    lines.push(has_colours ? `${BLACK_ON_WHITE}${line}${AS_BEFORE}` : line);
  }
  return `${lines.join('\n')}\n`;
}

/** Blocks are black with colours; without them they are the light of a dark terminal, and stand for white. */
function halves(isUpperDark: boolean, isLowerDark: boolean, has_colours: boolean): string {
  const [upper, lower] = [isUpperDark === has_colours, isLowerDark === has_colours];
  if (upper && lower) return '█';
  if (upper) return '▀';
  return lower ? '▄' : ' ';
}

/** A picture of its own, black on white, with the quiet zone that readers want. */
function svgOf(code: QrCode): string {
  const margin = BORDER_MODULES * 2;
  const size = code.size + 2 * margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path stroke="#000" d="${strokes(code, margin)}"/></svg>\n`;
}

/** Writes the picture where only its owner reads it; answers the path. */
function writeDrawing(svg: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'till-')), 'qr-code.svg');
  writeFileSync(file, svg, { mode: 0o600 });
  return file;
}
