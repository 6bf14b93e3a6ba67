/** The pages that say what is wrong, in the reader's language. */
import type { Assets } from './assets.ts';
import { html } from './html.ts';
import type { Catalogue, Language } from './language.ts';
import { page } from './layout.ts';

interface Told {
  readonly title: string;
  readonly text: string;
}

const english = {
  not_found: { title: 'Not found', text: 'There is nothing at this address. Please check the link.' },
  not_allowed: { title: 'This cannot be done here', text: 'Please go back and use the buttons of the page.' },
  wrong_host: {
    title: 'Wrong address',
    text: 'This shop does not answer to this name. Its operator sets the name with public-url.',
  },
  not_from_here: {
    title: 'Not sent',
    text: 'This form did not come from a page of this shop. Please open the page again and repeat what you did.',
  },
  bad_form: { title: 'Not understood', text: 'What was sent could not be read. Please go back and try again.' },
  too_long: { title: 'Too long', text: 'What was sent is too long. Please go back and shorten it.' },
  too_many: { title: 'Too many requests', text: 'Please wait a minute, then load this page again.' },
  refused: { title: 'Not permitted', text: 'You are not permitted to see or do this.' },
  busy: { title: 'Busy', text: 'The shop is busy at this moment. Please load this page again.' },
  standby: { title: 'One moment', text: 'Another machine serves this shop now. Please load this page again.' },
  failed: { title: 'Something went wrong', text: 'Please try again. If it happens again, tell the shop.' },
} as const satisfies Readonly<Record<string, Told>>;

/** What can be wrong. */
export type ProblemName = keyof typeof english;

const TEXTS: Catalogue<Readonly<Record<ProblemName, Told>>> = {
  en: english,
  de: {
    not_found: { title: 'Nicht gefunden', text: 'Unter dieser Adresse ist nichts. Bitte prüfen Sie den Link.' },
    not_allowed: {
      title: 'Das geht hier nicht',
      text: 'Bitte gehen Sie zurück und benutzen Sie die Knöpfe der Seite.',
    },
    wrong_host: {
      title: 'Falsche Adresse',
      text: 'Dieser Shop hat einen anderen Namen. Sein Betreiber stellt ihn mit public-url ein.',
    },
    not_from_here: {
      title: 'Nicht gesendet',
      text: 'Dieses Formular kam nicht von einer Seite dieses Shops. Bitte öffnen Sie die Seite neu und wiederholen Sie die Eingabe.',
    },
    bad_form: {
      title: 'Nicht verstanden',
      text: 'Die Eingabe war nicht lesbar. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
    },
    too_long: { title: 'Zu lang', text: 'Die Eingabe ist zu lang. Bitte gehen Sie zurück und kürzen Sie sie.' },
    too_many: { title: 'Zu viele Anfragen', text: 'Bitte warten Sie eine Minute und laden Sie die Seite dann neu.' },
    refused: { title: 'Nicht erlaubt', text: 'Sie dürfen das nicht sehen oder tun.' },
    busy: { title: 'Ausgelastet', text: 'Der Shop ist gerade ausgelastet. Bitte laden Sie die Seite neu.' },
    standby: {
      title: 'Einen Moment',
      text: 'Dieser Shop läuft jetzt auf einem anderen Rechner. Bitte laden Sie die Seite neu.',
    },
    failed: {
      title: 'Etwas ist schiefgegangen',
      text: 'Bitte versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es dem Shop.',
    },
  },
  es: {
    not_found: { title: 'No encontrado', text: 'No hay nada en esta dirección. Compruebe el enlace.' },
    not_allowed: { title: 'Esto no se puede hacer aquí', text: 'Vuelva atrás y use los botones de la página.' },
    wrong_host: {
      title: 'Dirección equivocada',
      text: 'Esta tienda no responde a este nombre. Su operador lo define con public-url.',
    },
    not_from_here: {
      title: 'No enviado',
      text: 'Este formulario no venía de una página de esta tienda. Abra la página de nuevo y repita lo que hizo.',
    },
    bad_form: { title: 'No se entendió', text: 'No se pudo leer lo enviado. Vuelva atrás e inténtelo de nuevo.' },
    too_long: { title: 'Demasiado largo', text: 'Lo enviado es demasiado largo. Vuelva atrás y acórtelo.' },
    too_many: { title: 'Demasiadas peticiones', text: 'Espere un minuto y vuelva a cargar la página.' },
    refused: { title: 'No permitido', text: 'No tiene permiso para ver o hacer esto.' },
    busy: { title: 'Ocupado', text: 'La tienda está ocupada en este momento. Vuelva a cargar la página.' },
    standby: { title: 'Un momento', text: 'Otra máquina atiende ahora esta tienda. Vuelva a cargar la página.' },
    failed: { title: 'Algo salió mal', text: 'Inténtelo de nuevo. Si vuelve a ocurrir, avise a la tienda.' },
  },
  fr: {
    not_found: { title: 'Introuvable', text: 'Il n’y a rien à cette adresse. Vérifiez le lien.' },
    not_allowed: { title: 'Impossible ici', text: 'Revenez en arrière et utilisez les boutons de la page.' },
    wrong_host: {
      title: 'Mauvaise adresse',
      text: 'Cette boutique ne répond pas à ce nom. Son exploitant le définit avec public-url.',
    },
    not_from_here: {
      title: 'Non envoyé',
      text: 'Ce formulaire ne venait pas d’une page de cette boutique. Rouvrez la page et recommencez.',
    },
    bad_form: { title: 'Non compris', text: 'L’envoi n’a pas pu être lu. Revenez en arrière et réessayez.' },
    too_long: { title: 'Trop long', text: 'L’envoi est trop long. Revenez en arrière et raccourcissez-le.' },
    too_many: { title: 'Trop de demandes', text: 'Attendez une minute, puis rechargez la page.' },
    refused: { title: 'Non autorisé', text: 'Vous n’avez pas le droit de voir ou de faire cela.' },
    busy: { title: 'Occupé', text: 'La boutique est occupée en ce moment. Rechargez la page.' },
    standby: { title: 'Un instant', text: 'Une autre machine sert maintenant cette boutique. Rechargez la page.' },
    failed: { title: 'Une erreur est survenue', text: 'Réessayez. Si cela se reproduit, prévenez la boutique.' },
  },
  pt: {
    not_found: { title: 'Não encontrado', text: 'Não há nada neste endereço. Verifique o link.' },
    not_allowed: { title: 'Isto não pode ser feito aqui', text: 'Volte e use os botões da página.' },
    wrong_host: {
      title: 'Endereço errado',
      text: 'Esta loja não responde por este nome. O operador define-o com public-url.',
    },
    not_from_here: {
      title: 'Não enviado',
      text: 'Este formulário não veio de uma página desta loja. Abra a página de novo e repita o que fez.',
    },
    bad_form: { title: 'Não compreendido', text: 'Não foi possível ler o que foi enviado. Volte e tente de novo.' },
    too_long: { title: 'Longo demais', text: 'O que foi enviado é longo demais. Volte e encurte-o.' },
    too_many: { title: 'Pedidos demais', text: 'Espere um minuto e recarregue a página.' },
    refused: { title: 'Não permitido', text: 'Não tem permissão para ver ou fazer isto.' },
    busy: { title: 'Ocupada', text: 'A loja está ocupada neste momento. Recarregue a página.' },
    standby: { title: 'Um momento', text: 'Outra máquina atende agora esta loja. Recarregue a página.' },
    failed: { title: 'Algo correu mal', text: 'Tente de novo. Se voltar a acontecer, avise a loja.' },
  },
  ja: {
    not_found: { title: '見つかりません', text: 'このアドレスには何もありません。リンクを確認してください。' },
    not_allowed: { title: 'ここではできません', text: '前のページに戻り、ページのボタンを使ってください。' },
    wrong_host: {
      title: 'アドレスが違います',
      text: 'このショップはこの名前では応答しません。運営者は public-url で名前を設定します。',
    },
    not_from_here: {
      title: '送信されませんでした',
      text: 'このフォームはこのショップのページから送られたものではありません。ページを開き直して、もう一度お試しください。',
    },
    bad_form: {
      title: '読み取れません',
      text: '送信内容を読み取れませんでした。前のページに戻り、もう一度お試しください。',
    },
    too_long: { title: '長すぎます', text: '送信内容が長すぎます。前のページに戻り、短くしてください。' },
    too_many: { title: 'リクエストが多すぎます', text: '一分ほど待ってから、ページを読み込み直してください。' },
    refused: { title: '許可されていません', text: 'これを見る、または行う権限がありません。' },
    busy: { title: '混み合っています', text: 'ただいま混み合っています。ページを読み込み直してください。' },
    standby: {
      title: '少々お待ちください',
      text: 'このショップは今、別の機械で動いています。ページを読み込み直してください。',
    },
    failed: { title: '問題が起きました', text: 'もう一度お試しください。繰り返す場合は、ショップにお知らせください。' },
  },
};

/** The status that goes with it. */
export const PROBLEM_STATUS: Readonly<Record<ProblemName, number>> = {
  not_found: 404,
  not_allowed: 405,
  wrong_host: 421,
  not_from_here: 403,
  bad_form: 400,
  too_long: 413,
  too_many: 429,
  refused: 403,
  busy: 503,
  standby: 503,
  failed: 500,
};

/** A route cannot answer; the page says why. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
  readonly problem: ProblemName;

  constructor(problem: ProblemName) {
    super(TEXTS.en[problem].text);
    this.problem = problem;
  }
}

/** The page. `detail` is what the node said. */
export function problemPage(assets: Assets, problem: ProblemName, language: Language, detail?: string) {
  const { title, text } = TEXTS[language][problem];
  return page(assets, {
    language,
    title,
    body: html`<main class="page"><div class="card stack"><h1>${title}</h1><p>${text}</p>${
      detail !== undefined && html`<p class="muted">${detail}</p>`
    }</div></main>`,
  });
}
