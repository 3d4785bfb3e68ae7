import * as z from "zod";
import { compileGlobs } from "../patterns/glob.ts";
import { globOf, TypePattern } from "../patterns/pattern.ts";
import { compileTypes } from "../patterns/type-patterns.ts";
import { compileSigners, SIGNER_PARTS, SignersDocument } from "./signers-document.ts";
import type { GateContext } from "./signers-document.ts";

const HOUR_MS = 3_600_000;
/** A request waits in the queue, where a message is kept for 14 days. */
const LONGEST_WAIT_HOURS = 7 * 24;
/** A host and a repository name. */
const LONGEST_BASE = 320;

const Referrer = z.union(
  [
    z.strictObject({ artifactType: TypePattern }),
    /** The type of an in-toto attestation's predicate, a URI. */
    z.strictObject({ predicateType: z.string().min(1).max(512) }),
  ],
  { error: "is neither { artifactType: ... } nor { predicateType: ... }" },
);

const Scan = z.strictObject({
  /** The most severe finding that may leave. */
  maxSeverity: z.enum(["none", "informational", "low", "medium", "high", "critical"]),
  /** What happens to an image that the scanner does not support. */
  unsupported: z.enum(["quarantine", "pass"]).default("quarantine"),
});

const Override = z.strictObject({
  /** `repository:tag` or `repository@sha256:...`. */
  image: z.string().regex(/^[^\s:@]+(?::[\w][\w.-]{0,127}|@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128}))$/, {
    error: "is neither repository:tag nor repository@digest",
  }),
  until: z.iso.datetime({ offset: true, error: "is not a time such as 2026-12-31T18:00:00Z" }),
  by: z.string().min(1).max(128),
  reason: z.string().min(1).max(512),
});

/** What an image must have before it leaves the source. */
export const GateDocument = z
  .strictObject({
    signatures: SignersDocument.optional(),
    referrers: z.array(Referrer).min(1).max(20).optional(),
    scan: Scan.optional(),
    /** The image without its attachments, over all its platforms. */
    maxBytes: z.int().min(1).optional(),
    /** Globs of names of base images, with their registry. */
    baseImages: z.array(globOf(LONGEST_BASE)).min(1).optional(),
    /** How long an image waits for a signature, an attachment or a scan before it is quarantined. */
    waitHours: z.number().min(0).max(LONGEST_WAIT_HOURS).default(4),
    overrides: z.array(Override).max(1_000).default([]),
  })
  .refine(
    ({ signatures, referrers, scan, maxBytes, baseImages }) =>
      [signatures, referrers, scan, maxBytes, baseImages].some((requirement) => requirement !== undefined),
    "requires nothing; omit it, or write what it requires",
  );
type GateDocument = z.infer<typeof GateDocument>;

/** The nested objects of a gate, whose fields a suggestion may name. */
export const GATE_PARTS = [GateDocument, ...SIGNER_PARTS, Scan, Override] as const;

/** Compiles a gate; `Gate` of the replication explains the fields. @param field where it is, for example `rules[2].gate`. */
export function compileGate(
  { signatures, referrers = [], scan, maxBytes, baseImages, ...rest }: GateDocument,
  field: string,
  context: GateContext,
) {
  return {
    signatures: signatures && compileSigners(signatures, `${field}.signatures`, context),
    referrers: referrers.map(compileReferrer),
    scan,
    maxBytes,
    acceptsBase: baseImages && compileGlobs(baseImages),
    waitMs: rest.waitHours * HOUR_MS,
    overrides: rest.overrides.map((override) => ({ ...override, until: Date.parse(override.until) })),
  };
}

function compileReferrer(referrer: z.infer<typeof Referrer>) {
  if ("predicateType" in referrer) return { kind: "predicate", type: referrer.predicateType } as const;
  const type = referrer.artifactType;
  return { kind: "artifact", type, accepts: compileTypes([type]) } as const;
}
