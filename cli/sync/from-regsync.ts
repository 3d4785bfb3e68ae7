import * as z from "zod";
import { readWrittenFile } from "./sync-file.ts";
import type { Converted, SyncEntry } from "./sync-file.ts";

const Patterns = z.object({ allow: z.array(z.string()).nullish(), deny: z.array(z.string()).nullish() });

/** The fields of regsync's configuration that we convert (regclient, "regsync", configuration file version 1). */
const RegsyncFile = z.object({
  version: z.literal(1),
  creds: z.array(z.unknown()).nullish(),
  defaults: z.record(z.string(), z.unknown()).nullish(),
  sync: z.array(
    z.looseObject({
      source: z.string(),
      target: z.string(),
      type: z.enum(["registry", "repository", "image"]),
      tags: Patterns.nullish(),
    }),
  ),
});

/** Fields that need no counterpart: our copies always include referrers and compare before they send. */
const OBSOLETE = new Set(["source", "target", "type", "tags", "referrers", "digestTags", "fastCopy", "forceRecursive"]);

/** Converts a regsync configuration. @throws {UsageError} when the file is not one. */
export async function fromRegsync(path: string): Promise<Converted> {
  const { sync, creds, defaults } = await readWrittenFile(path, RegsyncFile);
  const lost: string[] = [];
  if ((creds ?? []).length > 0) lost.push("creds; log in with docker login, or freightliner login");
  const advice = (name: string): string => (name === "parallel" ? "; use sync --parallel" : "");
  lost.push(...Object.keys(defaults ?? {}).map((name) => `defaults.${name}${advice(name)}`));
  const entries = sync.flatMap((entry, index): SyncEntry[] => {
    const where = `sync[${index}]`;
    if (entry.type === "registry") {
      lost.push(`${where}: a whole registry; name its repositories`);
      return [];
    }
    const templated = [entry.source, entry.target].find((text) => text.includes("{{"));
    if (templated !== undefined) {
      lost.push(`${where}: the template ${templated}; write its value`);
      return [];
    }
    lost.push(...Object.keys(entry).flatMap((name) => (OBSOLETE.has(name) ? [] : [`${where}.${name}`])));
    const { source, target, type, tags } = entry;
    const names = { source: withRegistry(source), target: withRegistry(target) };
    const patterns = type === "image" ? {} : { allow: nonEmpty(tags?.allow), deny: nonEmpty(tags?.deny) };
    return [{ ...names, ...patterns }];
  });
  return { list: { version: 1, sync: entries }, lost };
}

/** A name without a registry is at Docker Hub, as in Docker (distribution/reference, "ParseDockerRef"). */
function withRegistry(name: string): string {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  return /[.:]/.test(first) || first === "localhost" ? name : `docker.io/${name}`;
}

/** Treats an empty list of patterns as absent. */
function nonEmpty(patterns: readonly string[] | null | undefined): string[] | undefined {
  return (patterns ?? []).length === 0 ? undefined : [...(patterns ?? [])];
}
