import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The trusted certificates: those of SSL_CERT_FILE instead of Node's, as in OpenSSL and Go, plus those of `caFile`. Undefined to use
 * Node's default (Node itself reads NODE_EXTRA_CA_CERTS and NODE_USE_SYSTEM_CA).
 * @throws {UsageError} naming a file that cannot be read or contains no certificate.
 */
export async function readTrustedCertificates(
  caFile: string | undefined,
  { SSL_CERT_FILE }: NodeJS.ProcessEnv,
): Promise<readonly string[] | undefined> {
  const own = SSL_CERT_FILE ? await readCertificates(SSL_CERT_FILE, "SSL_CERT_FILE") : undefined;
  if (caFile === undefined) return own;
  return withExtraCertificates(own, await readCertificates(caFile, "the file of certificates"));
}

/** Adds certificates to the usual ones; to Node's default when `usual` is undefined. */
export function withExtraCertificates(
  usual: readonly string[] | undefined,
  more: readonly string[],
): readonly string[] {
  // Loaded here: node:tls reads all of Node's certificates, even for a command that only needs plain HTTP.
  return [...(usual ?? process.getBuiltinModule("node:tls").getCACertificates("default")), ...more];
}

/** Reads the certificates of a PEM file. `what` says in errors what the file is for. @throws {UsageError} */
export async function readCertificates(path: string, what: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${what}, ${path}, cannot be read (${errorCode(error)}); check the path and its permissions`);
  });
  const found = text.match(PEM) ?? [];
  if (found.length > 0 && found.every(isCertificate)) return found;
  throw new UsageError(`${what}, ${path}, contains no valid PEM certificate (-----BEGIN CERTIFICATE-----)`);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
