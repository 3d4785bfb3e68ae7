import { formatReference } from "../../src/oci/reference.ts";
import { sourceThrough } from "../../src/registry/registry-source.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { readImageAndCompanions } from "../copy/image-and-companions.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import { readImageReference, readPlatform, readReference } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { compareImages } from "./compare-images.ts";
import { showComparison } from "./show-comparison.ts";

interface GivenVerify extends RawAccessOptions {
  readonly platform?: string | undefined;
  readonly referrers: boolean;
}

/** Runs `freightliner verify`: prints what the target lacks of an image, and what differs. Writes nothing. */
export async function verify(
  names: { readonly source: string; readonly target: string },
  { platform: wanted, referrers, ...access }: GivenVerify,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const from = readImageReference("verify", names.source);
  const to = readReference("verify", names.target);
  const platform = readPlatform("verify", wanted);
  const { environment } = terminal;
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const [source, target, client] = await Promise.all([
    repositories.source(from),
    repositories.target(to),
    repositories.client("target", to),
  ]);
  const root = await resolveImage({ source: from, platform }, source, signal);
  const reference = to.digest ?? to.tag ?? from.tag ?? root.digest;
  const images = await readImageAndCompanions({ root, reference }, { source, referrers, sparse: "keep" }, signal);
  const copy = { read: sourceThrough(client), target };
  const comparison = await compareImages(images, copy, { referrers }, signal);
  return showComparison(
    { source: formatReference(from), target: formatReference(to), digest: root.digest },
    comparison,
    terminal,
  );
}
