/** QR codes as one path of SVG: small on the wire, and sharp at any size. */
import { encode } from 'uqr';
import { type Html, html } from '../html.ts';

/** The quiet zone that readers of codes need, in modules. */
const MARGIN = 4;
/** Codes that are kept: making one takes a thousand times as long as finding it. */
const MOST_KEPT = 2000;

const kept = new Map<string, { readonly path: string; readonly size: number }>();

/** The code of a text, black on white whatever the page's colours; `label` says what it is to who does not see it. */
export function qrCode(text: string, label: string): Html {
  let code = kept.get(text);
  if (code === undefined) {
    code = drawn(text);
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string);
    kept.set(text, code);
  }
  const { path, size } = code;
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path stroke="#000" d="${path}"/></svg>`;
}

function drawn(text: string): { readonly path: string; readonly size: number } {
  const { data, size } = encode(text, { ecc: 'L', border: 0 });
  let path = '';
  for (const [y, row] of data.entries()) {
    // A line of dashes through the middle of the row, each from where the last one ended: few characters, much alike.
    let pen: number | undefined;
    for (let x = 0; x < size; ) {
      let end = x;
      while (end < size && row[end] === true) end++;
      if (end > x) {
        path += pen === undefined ? `M${x + MARGIN} ${y + MARGIN}.5` : `m${x - pen} 0`;
        path += `h${end - x}`;
        pen = end;
      }
      x = Math.max(end, x + 1);
    }
  }
  return { path, size: size + 2 * MARGIN };
}
