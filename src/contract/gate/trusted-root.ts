import { createPublicKey, X509Certificate } from "node:crypto";
import * as z from "zod";

const Base64 = z.base64();

const Certificate = Base64.refine(isCertificate, "is not a certificate");
const PublicKey = Base64.refine(isPublicKey, "is not a public key");

/** Times are optional: without an end, it is in use. */
const Validity = z
  .looseObject({
    start: z.iso.datetime({ offset: true }).optional(),
    end: z.iso.datetime({ offset: true }).optional(),
  })
  .optional();

const Authority = z.looseObject({
  certChain: z.looseObject({ certificates: z.array(z.looseObject({ rawBytes: Certificate })).min(1) }),
  validFor: Validity,
});

const Log = z.looseObject({
  publicKey: z.looseObject({ rawBytes: PublicKey, keyDetails: z.string(), validFor: Validity }),
  logId: z.looseObject({ keyId: Base64 }),
});

/** The parts of a trusted root that are checked before it is used (sigstore/protobuf-specs, "sigstore_trustroot.proto"). */
const Root = z
  .looseObject({
    mediaType: z
      .string()
      .startsWith(
        "application/vnd.dev.sigstore.trustedroot",
        "is that of another file; a trusted root of Sigstore is needed",
      ),
    certificateAuthorities: z.array(Authority, "is missing: the file is no trusted root of Sigstore").min(1),
    tlogs: z.array(Log).default([]),
    ctlogs: z.array(Log).default([]),
    timestampAuthorities: z.array(Authority).default([]),
  })
  .refine(
    ({ tlogs, timestampAuthorities }) => tlogs.length + timestampAuthorities.length > 0,
    "has neither tlogs nor timestampAuthorities: nothing would prove when a signature was made",
  );

/** Sigstore's JSON as it is: what it holds besides the checked parts is kept. */
const RootJson = z.record(z.string(), z.unknown()).superRefine((json, context) => {
  for (const { path, message } of Root.safeParse(json).error?.issues ?? []) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
});

/** Authorities and logs of an instance of Sigstore, by which identities are verified. */
export const TrustedRootDocument = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,23}$/, "is not a short name (lower case, digits, -, at most 24)"),
    root: RootJson.optional(),
    /** In place of `root`: read where the configuration is read from a file, see `trusted-root-files.ts`. */
    file: z.string().min(1).max(1_024).optional(),
  })
  .refine(({ root, file }) => (root === undefined) !== (file === undefined), "has either root or file");

/** A trusted root: `TrustedRoot` of the replication. */
export interface TrustedRoot {
  readonly name: string;
  readonly json: object;
}

/** Compiles the roots of a document. Problems are reported, one line each, with the field. */
export function compileTrustedRoots(
  documents: readonly z.infer<typeof TrustedRootDocument>[],
  problems: string[],
): readonly TrustedRoot[] {
  const names = documents.map(({ name }) => name);
  return documents.map(({ name, root = {}, file }, index) => {
    if (names.indexOf(name) < index) problems.push(`trustedRoots: "${name}" is defined twice`);
    if (file !== undefined) problems.push(`trustedRoots[${index}].file: ${NO_FILES}`);
    return { name, json: root };
  });
}

const NO_FILES = "only the file that a stack is deployed with may name another file; write what is in it under root";

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(Buffer.from(text, "base64")).subject !== undefined;
  } catch {
    return false;
  }
}

/** Keys are in the form of X.509 (SPKI); those of RSA may be in that of PKCS #1. */
function isPublicKey(text: string): boolean {
  const key = Buffer.from(text, "base64");
  return (["spki", "pkcs1"] as const).some((type) => {
    try {
      createPublicKey({ key, format: "der", type });
      return true;
    } catch {
      return false;
    }
  });
}
