/** A QR code as one path of SVG: small on the wire, and sharp at any size. */
import type { QrCode } from './encode.ts';

/** The dark modules as the `d` of a path to stroke, one unit wide; `margin` is the quiet zone on each side, in modules. */
export function strokes(code: QrCode, margin: number): string {
  let path = '';
  for (let y = 0; y < code.size; y++) {
    // A line of dashes through the middle of the row, each from where the last one ended: few characters, much alike.
    let pen: number | undefined;
    for (let x = 0; x < code.size; ) {
      let end = x;
      while (code.isDark(end, y)) end++;
      if (end > x) {
        path += pen === undefined ? `M${x + margin} ${y + margin}.5` : `m${x - pen} 0`;
        path += `h${end - x}`;
        pen = end;
      }
      x = Math.max(end, x + 1);
    }
  }
  return path;
}
