/** The page of a Lightning address: its address can be copied. */
import { enableCopying } from './copying.ts';

enableCopying(document);
