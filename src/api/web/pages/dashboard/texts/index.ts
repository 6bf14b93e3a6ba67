/** The texts of the dashboard in every language. */
import type { Catalogue } from '../../language.ts';
import { type ShopTexts, english as shopEnglish } from './shop/english.ts';
import { french as shopFrench } from './shop/french.ts';
import { german as shopGerman } from './shop/german.ts';
import { japanese as shopJapanese } from './shop/japanese.ts';
import { portuguese as shopPortuguese } from './shop/portuguese.ts';
import { spanish as shopSpanish } from './shop/spanish.ts';
import { type UpkeepTexts, english as upkeepEnglish } from './upkeep/english.ts';
import { french as upkeepFrench } from './upkeep/french.ts';
import { german as upkeepGerman } from './upkeep/german.ts';
import { japanese as upkeepJapanese } from './upkeep/japanese.ts';
import { portuguese as upkeepPortuguese } from './upkeep/portuguese.ts';
import { spanish as upkeepSpanish } from './upkeep/spanish.ts';

/** By the page that says them. */
export type DashboardTexts = ShopTexts & UpkeepTexts;

export const DASHBOARD_TEXTS: Catalogue<DashboardTexts> = {
  en: { ...shopEnglish, ...upkeepEnglish },
  de: { ...shopGerman, ...upkeepGerman },
  es: { ...shopSpanish, ...upkeepSpanish },
  fr: { ...shopFrench, ...upkeepFrench },
  pt: { ...shopPortuguese, ...upkeepPortuguese },
  ja: { ...shopJapanese, ...upkeepJapanese },
};
