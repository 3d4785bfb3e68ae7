import * as z from "zod";
import { readJson } from "../../oci/json/bounded-json.ts";
import { lenientOptional } from "../../oci/json/optional-field.ts";
import { Descriptor } from "../../oci/descriptor.ts";
import type { Manifest } from "../../oci/manifest.ts";

const Annotations = lenientOptional(z.record(z.string(), z.unknown())).transform(
  (found = {}): ReadonlyMap<string, string> =>
    new Map(Object.entries(found).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : []))),
);

const NO_LAYERS: readonly never[] = [];

/** The parts of a manifest that a gate reads, which a copy does not. */
const AnnotatedManifest = z.object({
  artifactType: lenientOptional(z.string()),
  config: lenientOptional(z.object({ mediaType: z.string() })),
  annotations: Annotations,
  layers: lenientOptional(z.array(Descriptor.extend({ annotations: Annotations }))).transform(
    (layers) => layers ?? NO_LAYERS,
  ),
});
export type AnnotatedManifest = z.infer<typeof AnnotatedManifest>;
export type AnnotatedLayer = AnnotatedManifest["layers"][number];

/** Undefined for a manifest that has another form: it says nothing to a gate. */
export function readAnnotated({ bytes }: Pick<Manifest, "bytes">): AnnotatedManifest | undefined {
  return AnnotatedManifest.safeParse(readJson(bytes)).data;
}
