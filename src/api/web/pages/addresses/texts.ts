/** What the page of a Lightning address says, by language. */
import type { Catalogue } from '../language.ts';

/** The texts of a language. */
export interface AddressTexts {
  readonly pay_to: string;
  readonly how: string;
  readonly limits: (least: string, most: string) => string;
  readonly open_wallet: string;
  readonly copy: string;
  readonly copied: string;
  readonly code: string;
}

export const ADDRESS_TEXTS: Catalogue<AddressTexts> = {
  en: {
    pay_to: 'Pay to',
    how: 'Scan this with a Lightning wallet, or type the address into it.',
    limits: (least, most) => `From ${least} to ${most}`,
    open_wallet: 'Open in wallet',
    copy: 'Copy the address',
    copied: 'Copied',
    code: 'Code for a Lightning wallet',
  },
  de: {
    pay_to: 'Zahlen an',
    how: 'Scannen Sie dies mit einer Lightning-Wallet, oder geben Sie dort die Adresse ein.',
    limits: (least, most) => `Von ${least} bis ${most}`,
    open_wallet: 'In Wallet öffnen',
    copy: 'Adresse kopieren',
    copied: 'Kopiert',
    code: 'Code für eine Lightning-Wallet',
  },
  es: {
    pay_to: 'Pagar a',
    how: 'Escanee esto con una billetera Lightning o escriba en ella la dirección.',
    limits: (least, most) => `De ${least} a ${most}`,
    open_wallet: 'Abrir en la billetera',
    copy: 'Copiar la dirección',
    copied: 'Copiado',
    code: 'Código para una billetera Lightning',
  },
  fr: {
    pay_to: 'Payer à',
    how: 'Scannez ceci avec un portefeuille Lightning, ou saisissez-y l’adresse.',
    limits: (least, most) => `De ${least} à ${most}`,
    open_wallet: 'Ouvrir dans le portefeuille',
    copy: 'Copier l’adresse',
    copied: 'Copié',
    code: 'Code pour un portefeuille Lightning',
  },
  pt: {
    pay_to: 'Pagar a',
    how: 'Leia isto com uma carteira Lightning ou escreva nela o endereço.',
    limits: (least, most) => `De ${least} a ${most}`,
    open_wallet: 'Abrir na carteira',
    copy: 'Copiar o endereço',
    copied: 'Copiado',
    code: 'Código para uma carteira Lightning',
  },
  ja: {
    pay_to: 'お支払い先',
    how: 'ライトニングウォレットで読み取るか、アドレスを入力してください。',
    limits: (least, most) => `${least} から ${most} まで`,
    open_wallet: 'ウォレットで開く',
    copy: 'アドレスをコピー',
    copied: 'コピーしました',
    code: 'ライトニングウォレット用のコード',
  },
};
