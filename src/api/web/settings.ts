/** What the web process is told at its start: it reads no file and no option itself. */

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

/** All that the web process serves. */
export interface WebSettings {
  readonly clnrest: ClnrestSettings | undefined;
  readonly api: ApiSettings | undefined;
  /** `/metrics`, `/healthz` and `/readyz`. */
  readonly operators: { readonly host: string; readonly port: number } | undefined;
  /** From these addresses `X-Forwarded-For` is believed. */
  readonly trusted_proxies: readonly string[];
  /** What `GET /v1/list-methods` answers. */
  readonly list_methods: string;
  /** OpenAPI, JSON. */
  readonly openapi: string;
  /** The page that shows the same to people. */
  readonly reference_page: string;
}
