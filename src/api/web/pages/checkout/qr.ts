/** QR codes on pages. */
import { encodeQr } from '../../../../codec/qr/encode.ts';
import { strokes } from '../../../../codec/qr/path.ts';
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
  const code = encodeQr(text);
  return { path: strokes(code, MARGIN), size: code.size + 2 * MARGIN };
}
