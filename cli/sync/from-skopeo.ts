import * as z from "zod";
import { isDigest } from "../../src/oci/digest.ts";
import { readWrittenFile } from "./sync-file.ts";
import type { Converted, SyncEntry } from "./sync-file.ts";

/** The fields of a `skopeo sync --src yaml` list that we convert (skopeo-sync(1), "YAML file content"): registries by host. */
const SkopeoFile = z.record(
  z.string(),
  z.looseObject({
    images: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
    "images-by-tag-regex": z.record(z.string(), z.string()).nullish(),
    "images-by-semver": z.record(z.string(), z.string()).nullish(),
  }),
);
type SkopeoRegistry = z.infer<typeof SkopeoFile>[string];

const CONVERTED = new Set(["images", "images-by-tag-regex", "images-by-semver"]);

/** Converts a skopeo list. Each repository goes below `place` under its last name component, as in skopeo. @throws {UsageError} */
export async function fromSkopeo(path: string, place: string): Promise<Converted> {
  const registries = await readWrittenFile(path, SkopeoFile);
  const below = place.replace(/\/+$/, "");
  const targetOf = (name: string): string => `${below}/${name.split("/").at(-1) ?? name}`;
  const all = Object.entries(registries);
  return {
    list: { version: 1, sync: all.flatMap(([host, registry]) => entriesOf(host, registry, targetOf)) },
    lost: all.flatMap(([host, registry]) => lostOf(host, registry)),
  };
}

function entriesOf(host: string, registry: SkopeoRegistry, targetOf: (name: string) => string): SyncEntry[] {
  const images = Object.entries(registry.images ?? {}).flatMap(([name, references]): SyncEntry[] => {
    const source = `${host}/${name}`;
    // In skopeo, an empty list means every tag.
    if ((references ?? []).length === 0) return [{ source, target: targetOf(name) }];
    return (references ?? []).map((reference) => ({
      source: `${source}${isDigest(reference) ? "@" : ":"}${reference}`,
      target: targetOf(name),
    }));
  });
  // skopeo's regular expressions are not anchored; ours are.
  const byRegex = Object.entries(registry["images-by-tag-regex"] ?? {}).map(([name, pattern]) => ({
    source: `${host}/${name}`,
    target: targetOf(name),
    allow: [`.*(?:${pattern}).*`],
  }));
  return [...images, ...byRegex];
}

function lostOf(host: string, registry: SkopeoRegistry): string[] {
  const versions = Object.entries(registry["images-by-semver"] ?? {}).map(
    ([name, range]) => `${host}/${name}: the versions ${range}; write tag patterns instead`,
  );
  const others = Object.keys(registry).filter((field) => !CONVERTED.has(field));
  return [...versions, ...others.map((field) => `${host}.${field}`)];
}
