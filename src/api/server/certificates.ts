/**
 * The certificates of the REST interface, as clnrest makes them: an authority of our own, a server and a client, in six
 * files. If one of them is missing or empty, all are made again; otherwise none is touched.
 */

import type { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeWhole } from '../../infra/store/whole-file.ts';

const FILES = ['ca.pem', 'ca-key.pem', 'server.pem', 'server-key.pem', 'client.pem', 'client-key.pem'] as const;
type FileName = (typeof FILES)[number];

/** What the six files hold, PEM. */
export type Certificates = Readonly<Record<FileName, string>>;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const FROM = new Date('1975-01-01T00:00:00Z');
const UNTIL = new Date('4096-01-01T00:00:00Z');

/** Reads the files of the directory, which is there; makes them when one is missing. Rejects with the system's error. */
export async function loadCertificates(directory: string, host: string): Promise<Certificates> {
  const known = FILES.map((name) => readOrNothing(join(directory, name)));
  if (known.every((content) => content !== '')) {
    return Object.fromEntries(FILES.map((name, index) => [name, known[index]])) as unknown as Certificates;
  }
  const made = await makeCertificates(host);
  for (const name of FILES) writeWhole(join(directory, name), made[name]);
  return made;
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function makeCertificates(host: string): Promise<Certificates> {
  // Loaded only here: most starts find the files.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { subtle } = globalThis.crypto;
  const makeKeys = () => subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  const [ca, server, client] = await Promise.all([makeKeys(), makeKeys(), makeKeys()]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=cln Root REST CA',
    keys: ca,
    notBefore: FROM,
    notAfter: UNTIL,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(ca.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  const issue = async (name: string, keys: webcrypto.CryptoKeyPair, usage: string) =>
    x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: authority.subject,
      publicKey: keys.publicKey,
      signingKey: ca.privateKey,
      notBefore: FROM,
      notAfter: UNTIL,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        new x509.SubjectAlternativeNameExtension(
          [
            { type: 'dns', value: 'cln' },
            { type: 'dns', value: 'localhost' },
            { type: 'dns', value: 'cln rest server' },
            ...(isIP(host) === 0 ? [] : [{ type: 'ip' as const, value: host }]),
          ],
          false,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ],
    });
  const [server_certificate, client_certificate] = await Promise.all([
    issue('cln rest server', server, x509.ExtendedKeyUsage.serverAuth),
    issue('cln rest client', client, x509.ExtendedKeyUsage.clientAuth),
  ]);
  const keyOf = async ({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> =>
    x509.PemConverter.encode(await subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
  return {
    'ca.pem': authority.toString('pem'),
    'ca-key.pem': await keyOf(ca),
    'server.pem': server_certificate.toString('pem'),
    'server-key.pem': await keyOf(server),
    'client.pem': client_certificate.toString('pem'),
    'client-key.pem': await keyOf(client),
  };
}
