/** QR codes, for pages and terminals alike: error correction L, and the mask that readers like best. */
import { correction, generate, mode } from 'lean-qr';
import { type Segment, segmentsOf } from './segments.ts';

/** A code: a square of modules, without the quiet zone around it. */
export interface QrCode {
  /** Modules on each side. */
  readonly size: number;
  /** Whether the module is dark; what lies outside of the code is light. */
  isDark(x: number, y: number): boolean;
}

/** The code of lean-qr's error for a text that version 40 cannot hold. */
const TOO_LONG = 4;

/**
 * The smallest code that holds the text, in UTF-8. Letters in capitals take fewer modules, where the text allows them.
 * Throws RangeError for a text that no code holds: 2,953 bytes, or 4,296 digits and capital letters.
 */
export function encodeQr(text: string): QrCode {
  try {
    const code = generate(
      (bits, version) => {
        for (const segment of segmentsOf(text, version)) written(segment)(bits, version);
      },
      { minCorrectionLevel: correction.L, maxCorrectionLevel: correction.L },
    );
    return { size: code.size, isDark: (x, y) => code.get(x, y) };
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== TOO_LONG) throw error;
    throw new RangeError(`The text has ${text.length} characters, more than a QR code holds: shorten it.`, {
      cause: error,
    });
  }
}

function written({ mode: name, text }: Segment): ReturnType<typeof mode.bytes> {
  if (name === 'numeric') return mode.numeric(text);
  if (name === 'alphanumeric') return mode.alphaNumeric(text);
  return mode.bytes(Buffer.from(text));
}
