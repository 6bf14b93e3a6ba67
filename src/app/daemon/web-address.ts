/** Where a server for HTTP listens, as its options say, and how it is shown. */
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { loadCertificates } from '../../api/server/certificates.ts';
import type { TlsSettings } from '../../api/web/settings.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';

/** An address to listen at. */
export interface WebAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** Reads ADDR:PORT; `option` names it. Throws ConfigError. */
export function readAddress(option: string, text: string): WebAddress {
  const [, given_host = '', given_port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const host = bareHost(given_host);
  const port = Number(given_port);
  if (given_port === '' || port > 65535 || (isIP(host) === 0 && host !== 'localhost')) {
    throw new ConfigError(`${option} is ADDR:PORT, such as 127.0.0.1:3012, not '${text}'`);
  }
  return { host, port };
}

/** An IPv6 address may stand in brackets. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Whether only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** `protocol` as the option says it; without it TLS wherever others than this machine listen. */
export async function tlsByProtocol(config: Config, host: string, protocol: string | undefined) {
  const isTls = protocol === undefined ? !isLoopback(host) : protocol === 'https';
  return isTls ? await tlsFor(config, host) : undefined;
}

/** The certificate, which is made when it is missing. */
export async function tlsFor({ values, network_dir }: Config, host: string): Promise<TlsSettings> {
  const directory = values['clnrest-certs'] ?? network_dir;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = await loadCertificates(directory, host);
  return { cert: files['server.pem'], key: files['server-key.pem'] };
}

/** The address of a server, without a slash at the end. */
export function urlOf({ host, port, tls }: WebAddress & { readonly tls: TlsSettings | undefined }): string {
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${shown}:${port}`;
}
