/** What the web process is told at its start: it reads no file and no option itself. */
import type { CurrencyCode } from '../../base/types/currency.ts';
import type { Language } from './pages/language.ts';

/** Certificate and key, PEM. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
}

/** Core Lightning's REST interface. */
export interface ClnrestSettings {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  /** `*` first: any origin. */
  readonly cors_origins: readonly string[];
  readonly csp: string;
  /** Where the reference of the interface is: begins with a slash. */
  readonly swagger_root: string;
}

/** The interface for programs of a shop, `/api/v1`. */
export interface ApiSettings {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  /** OpenAPI, JSON. */
  readonly openapi: string;
}

/** A server of pages. */
export interface PageServerSettings {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: TlsSettings | undefined;
}

/** What pages show and need to know, whoever serves them. It may change while they are served: read it when it is needed. */
export interface PagesSettings {
  /** What the shop is called: the alias of the node. */
  readonly shop_name: string;
  /** Such as `bitcoin`: on any other network nothing is worth anything. */
  readonly network: string;
  /** Where customers reach the shop's pages, such as `https://pay.example`, without a slash at the end. */
  readonly public_url: string | undefined;
  /** Where people reach the dashboard by a proxy, without a slash at the end. */
  readonly dashboard_url: string | undefined;
  /** Whether invoices can have a page for customers. */
  readonly has_checkout: boolean;
  /** The time zone of the shop, such as `Europe/Berlin`. */
  readonly time_zone: string;
  /** What the counter counts in (ISO 4217); undefined: satoshi alone. */
  readonly shop_currency: CurrencyCode | undefined;
  /** The tips that the counter offers, in percent. */
  readonly tips: readonly number[];
  /** For readers who want none of the languages that there are. */
  readonly language: Language;
  /** In the sandbox a page may offer that its customer pays. */
  readonly is_sandbox: boolean;
}

/** All that the web process serves. */
export interface WebSettings {
  readonly clnrest: ClnrestSettings | undefined;
  readonly api: ApiSettings | undefined;
  /** `/metrics`, `/healthz` and `/readyz`. */
  readonly operators: { readonly host: string; readonly port: number } | undefined;
  /** The pages for customers: checkout, counter, Lightning addresses. */
  readonly shop: PageServerSettings | undefined;
  /** The pages for the shop's own people. */
  readonly dashboard: PageServerSettings | undefined;
  readonly pages: PagesSettings;
  /** From these addresses `X-Forwarded-For` is believed. */
  readonly trusted_proxies: readonly string[];
  /** What `GET /v1/list-methods` answers. */
  readonly list_methods: string;
  /** OpenAPI, JSON. */
  readonly openapi: string;
  /** The page that shows the same to people. */
  readonly reference_page: string;
}
