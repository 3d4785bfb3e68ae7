import { createHash, createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import * as z from "zod";
import { compileSubject, SubjectPattern } from "./subject-pattern.ts";
import type { TrustedRoot } from "./trusted-root.ts";

const KINDS: readonly (string | undefined)[] = ["ec", "rsa", "ed25519"];
const BAD_KEY = "is not a public key in PEM of type EC, RSA or Ed25519";
const BAD_ISSUER =
  "is not the URL of an issuer; it is exact and has no wildcards, as in https://token.actions.githubusercontent.com";
const NO_SIGNER = "names no signer; list keys, identities, or both";

const PublicKeyPem = z
  .string()
  .max(4_096)
  .refine((pem) => KINDS.includes(keyOf(pem)?.asymmetricKeyType), BAD_KEY);

function keyOf(pem: string): KeyObject | undefined {
  // Node would also derive a public key from a private one, which has no place in a configuration.
  if (!/^\s*-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

const Key = z.strictObject({ name: z.string().min(1).max(64).optional(), pem: PublicKeyPem });

/** Who signs without a key of their own: the subject of a certificate, and who has vouched for it to the authority. */
const Identity = z.strictObject({
  subject: SubjectPattern,
  issuer: z
    .string()
    .max(512)
    .regex(/^https?:\/\/[^\s*^$\\]+$/, BAD_ISSUER),
  /** The name of a trusted root. */
  trustedRoot: z.string().optional(),
});

/** Whose signatures count: one is enough. */
export const SignersDocument = z
  .strictObject({
    /** Keys of cosign. */
    keys: z.array(Key).min(1).optional(),
    identities: z.array(Identity).min(1).max(100).optional(),
  })
  .refine(({ keys, identities }) => keys !== undefined || identities !== undefined, NO_SIGNER);

/** The nested objects, whose fields a suggestion may name. */
export const SIGNER_PARTS = [SignersDocument, Key, Identity] as const;

/** What gates refer to, and where to report a reference to something else: one line each, with the field. */
export interface GateContext {
  readonly trustedRoots: readonly TrustedRoot[];
  readonly problems: string[];
}

/** Compiles signers; `Signers` of the replication explains the fields. */
export function compileSigners(
  { keys = [], identities = [] }: z.infer<typeof SignersDocument>,
  field: string,
  { trustedRoots, problems }: GateContext,
) {
  return {
    keys: keys.map((key) => ({ ...key, id: keyId(key.pem) })),
    identities: identities.flatMap(({ subject, issuer, trustedRoot }, index) => {
      const found = rootOf(trustedRoot, trustedRoots);
      if (typeof found !== "string") return [{ subject, issuer, acceptsSubject: compileSubject(subject), root: found }];
      const own = `${field}.identities[${index}]`;
      problems.push(`${trustedRoot === undefined ? own : `${own}.trustedRoot`}: ${found}`);
      return [];
    }),
  };
}

const NO_ROOT =
  'needs a trusted root to be verified by; fetch that of Sigstore with "cosign trusted-root create --with-default-services --out trusted_root.json", and add trustedRoots: [{ name: sigstore, file: trusted_root.json }]';

/** The root with a name, or the only one; a text says why there is none. */
function rootOf(name: string | undefined, roots: readonly TrustedRoot[]): TrustedRoot | string {
  const [first, ...others] = roots;
  if (first === undefined) return NO_ROOT;
  const names = roots.map((root) => root.name).join(", ");
  if (name === undefined) return others.length === 0 ? first : `needs trustedRoot, as there are several: ${names}`;
  return roots.find((root) => root.name === name) ?? `"${name}" is not a trusted root (known: ${names})`;
}

/** The hash of the key itself, whatever its PEM looks like: what `openssl pkey -pubin -outform DER | sha256sum` prints. */
function keyId(pem: string): string {
  const der = createPublicKey(pem).export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
}
