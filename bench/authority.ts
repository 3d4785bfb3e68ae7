import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A certificate authority of one run, and what it signed for 127.0.0.1: paths of PEM files. */
export interface Authority extends Disposable {
  readonly caFile: string;
  /** The same as text. */
  readonly ca: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

const DAY_MS = 86_400_000;
/** Kind of a subject alternative name that is an address (RFC 5280, 4.2.1.6). */
const IP_ADDRESS = 7;

/** Makes an authority that lives for a day. */
export async function createAuthority(): Promise<Authority> {
  const dates = { notBeforeDate: new Date(Date.now() - DAY_MS), notAfterDate: new Date(Date.now() + DAY_MS) };
  const kind = { keyType: "ec", algorithm: "sha256" } as const;
  const authority = await generate([{ name: "commonName", value: "Freightliner bench" }], {
    ...kind,
    ...dates,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", keyCertSign: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    ...kind,
    ...dates,
    extensions: [{ name: "subjectAltName", altNames: [{ type: IP_ADDRESS, ip: "127.0.0.1" }] }],
    ca: { key: authority.private, cert: authority.cert },
  });
  const folder = mkdtempSync(join(tmpdir(), "freightliner-authority-"));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: authority.cert,
    caFile: write("ca.pem", authority.cert),
    certificateFile: write("certificate.pem", server.cert),
    keyFile: write("key.pem", server.private),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
