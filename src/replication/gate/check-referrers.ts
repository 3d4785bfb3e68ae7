import type { GateCheck } from "../outcome/gate-audit.ts";
import type { AnnotatedManifest } from "./annotated-manifest.ts";
import type { RequiredReferrer } from "./gate.ts";

/** Where the type of an attestation's predicate is written: by Sigstore's bundles, by cosign's `.att` tags, and by Docker. */
const PREDICATE_TYPES = ["dev.sigstore.bundle.predicateType", "predicateType", "in-toto.io/predicate-type"];

/** Whether an artifact of the required type is attached. It is not verified. */
export function checkReferrer(required: RequiredReferrer, attachments: readonly AnnotatedManifest[]): GateCheck {
  const isFound = attachments.some((attachment) =>
    required.kind === "predicate"
      ? predicateTypesOf(attachment).includes(required.type)
      : typesOf(attachment).some(required.accepts),
  );
  const about = { requirement: "referrer", detail: required.type } as const;
  return isFound ? { ...about, result: "met" } : { ...about, result: "missing", reason: "referrer-missing" };
}

/** The artifact type, or that of the config (image-spec, manifest.md); cosign's tags have only the types of their layers. */
function typesOf({ artifactType, config, layers }: AnnotatedManifest): string[] {
  return [artifactType, config?.mediaType, ...layers.map(({ mediaType }) => mediaType)].filter(
    (type) => type !== undefined,
  );
}

function predicateTypesOf({ annotations, layers }: AnnotatedManifest): string[] {
  const all = [annotations, ...layers.map((layer) => layer.annotations)];
  return all.flatMap((found) => PREDICATE_TYPES.flatMap((key) => found.get(key) ?? []));
}
