import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { getCACertificates } from "node:tls";
import { UsageError } from "../errors/usage-error.ts";

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The certificates every registry's are checked against: those of SSL_CERT_FILE instead of Node's, as OpenSSL and Go have it, and those
 * of a file beside them. Undefined for Node's own alone (NODE_EXTRA_CA_CERTS and NODE_USE_SYSTEM_CA are Node's).
 * @throws {UsageError} naming the file that holds none.
 */
export async function readTrustedCertificates(
  caFile: string | undefined,
  { SSL_CERT_FILE }: NodeJS.ProcessEnv,
): Promise<readonly string[] | undefined> {
  const own = SSL_CERT_FILE ? await readCertificates(SSL_CERT_FILE, "SSL_CERT_FILE") : undefined;
  if (caFile === undefined) return own;
  return withExtraCertificates(own, await readCertificates(caFile, "the file of certificates"));
}

/** Certificates beside the usual ones. */
export function withExtraCertificates(
  usual: readonly string[] | undefined,
  more: readonly string[],
): readonly string[] {
  return [...(usual ?? getCACertificates("default")), ...more];
}

/** @throws {UsageError} naming what the file is for. */
export async function readCertificates(path: string, what: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new UsageError(`${what}, ${path}, cannot be read (${code}); check the path and its permissions`);
  });
  const found = text.match(PEM) ?? [];
  if (found.length > 0 && found.every(isCertificate)) return found;
  throw new UsageError(`${what}, ${path}, holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
