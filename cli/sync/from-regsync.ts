import * as z from "zod";
import { readWrittenFile } from "./sync-file.ts";
import type { SyncEntry } from "./sync-file.ts";
import type { Converted } from "./sync.ts";

const Patterns = z.object({ allow: z.array(z.string()).nullish(), deny: z.array(z.string()).nullish() });

/** What we read of regsync's configuration (regclient, "regsync", configuration file version 1). */
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

/** Fields that a list of ours needs not: copies always take referrers along, and compare before they send. */
const NEEDLESS = new Set(["source", "target", "type", "tags", "referrers", "digestTags", "fastCopy", "forceRecursive"]);

/** Reads a configuration of regsync. @throws {UsageError} when it is none. */
export async function fromRegsync(path: string): Promise<Converted> {
  const { sync, creds, defaults } = await readWrittenFile(path, RegsyncFile);
  const lost: string[] = [];
  if ((creds ?? []).length > 0) lost.push("creds; log in with docker login, or freightliner login");
  lost.push(...Object.keys(defaults ?? {}).map((name) => `defaults.${name}`));
  const entries = sync.flatMap((entry, index): SyncEntry[] => {
    const where = `sync[${index}]`;
    if (entry.type === "registry") {
      lost.push(`${where}: a whole registry; name its repositories`);
      return [];
    }
    const templated = [entry.source, entry.target].find((text) => text.includes("{{"));
    if (templated !== undefined) {
      lost.push(`${where}: the template ${templated}; write what it stands for`);
      return [];
    }
    lost.push(...Object.keys(entry).flatMap((name) => (NEEDLESS.has(name) ? [] : [`${where}.${name}`])));
    const { source, target, type, tags } = entry;
    const places = { source: withRegistry(source), target: withRegistry(target) };
    const patterns = type === "image" ? {} : { allow: some(tags?.allow), deny: some(tags?.deny) };
    return [{ ...places, ...patterns }];
  });
  return { list: { version: 1, sync: entries }, lost };
}

/** A name without a registry is one at Docker Hub, as in Docker (distribution/reference, "ParseDockerRef"). */
function withRegistry(name: string): string {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  return /[.:]/.test(first) || first === "localhost" ? name : `docker.io/${name}`;
}

/** An empty list of patterns is none. */
function some(patterns: readonly string[] | null | undefined): string[] | undefined {
  return (patterns ?? []).length === 0 ? undefined : [...(patterns ?? [])];
}
