import { formatReference } from "../../src/oci/reference.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { readImageAndCompanions } from "../../src/inspection/content/image-and-companions.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import { readImageReference } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { contentTree } from "./content-tree.ts";
import { drawTree } from "./draw-tree.ts";

interface GivenInspect extends RawAccessOptions {
  readonly referrers: boolean;
}

/** Runs `freightliner inspect`: prints an image as a tree of its manifests, blobs and referrers. */
export async function inspect(
  text: string,
  { referrers, ...access }: GivenInspect,
  { out, json, environment }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const reference = readImageReference("inspect", text);
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const source = await repositories.source(reference);
  const root = await resolveImage({ source: reference, platform: undefined }, source, signal);
  const name = reference.tag ?? root.digest;
  const images = await readImageAndCompanions({ root, reference: name }, { source, referrers, sparse: "keep" }, signal);
  const content = contentTree(images);
  if (json) out.json({ reference: formatReference(reference), ...content });
  else out.lines([formatReference(reference), ...drawTree(content)]);
  return ExitCode.ok;
}
