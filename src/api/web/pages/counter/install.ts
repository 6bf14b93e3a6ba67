/**
 * What makes the counter an app on a phone's home screen: its manifest, and a worker that shows a page of its own while the
 * shop cannot be reached. The worker keeps that page and its looks, and nothing that has a sale on it.
 */
import type { Assets } from '../assets.ts';
import { html } from '../html.ts';
import type { Language } from '../language.ts';
import { page } from '../layout.ts';
import type { PageAnswer, PageRoute, PageTools } from '../page.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

const MANIFEST = '/pos/manifest.webmanifest';
const WORKER = '/pos/worker.js';
const OFFLINE = '/pos/offline';

/** The routes. Nobody need be signed in for them. */
export function installRoutes(tools: PageTools): readonly PageRoute[] {
  const { assets, settings } = tools;
  return [
    {
      method: 'GET',
      path: MANIFEST,
      answer: ({ language }) => ({
        body: JSON.stringify({
          id: '/pos',
          name: `${settings.shop_name} · ${COUNTER_TEXTS[language].counter}`,
          short_name: COUNTER_TEXTS[language].counter,
          lang: language,
          start_url: '/pos',
          scope: '/pos',
          display: 'standalone',
          background_color: '#f4f5f2',
          theme_color: '#0b5d52',
          icons: [{ src: assets.icon, sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
        }),
        content_type: 'application/manifest+json',
      }),
    },
    { method: 'GET', path: WORKER, answer: ({ language }) => worker(assets, language) },
    { method: 'GET', path: OFFLINE, answer: ({ language }) => offline(tools, language) },
  ];
}

/**
 * What the worker keeps stands at its top: when one of these has another name, the worker is another one. So it keeps the
 * page anew when another language is chosen.
 */
function worker(assets: Assets, language: Language): PageAnswer {
  const kept = [`${OFFLINE}?language=${language}`, assets.style('look'), assets.style('counter'), assets.icon];
  const script = assets.find(assets.script('counter-worker'))?.body.toString('utf8') ?? '';
  return {
    body: `self.kept = ${JSON.stringify(kept)};\n${script}`,
    content_type: 'text/javascript; charset=utf-8',
    headers: { 'service-worker-allowed': '/pos', 'cache-control': 'no-cache' },
  };
}

function offline({ assets }: PageTools, language: Language): PageAnswer {
  const texts = COUNTER_TEXTS[language];
  const body = html`<main class="page"><div class="card stack center"><h1>${texts.offline_title}</h1>
<p>${texts.offline_text}</p><p><a class="button big" href="/pos">${texts.try_again}</a></p></div></main>`;
  return { html: page(assets, { language, title: texts.offline_title, styles: ['counter'], body }) };
}
