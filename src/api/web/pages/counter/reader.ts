/** In whose words a page is written: the reader's language, and the clock of the shop. */
import type { Language } from '../language.ts';

export interface Reader {
  readonly language: Language;
  /** Such as `Europe/Berlin`. */
  readonly time_zone: string;
}
