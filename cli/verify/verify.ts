import { formatReference } from "../../src/oci/reference.ts";
import { sourceThrough } from "../../src/registry/registry-source.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { readImageAndCompanions } from "../../src/inspection/content/image-and-companions.ts";
import type { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import { readImageReference, readPlatform, readReference } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { compareImages } from "../../src/inspection/verify/compare-images.ts";
import { createContentChecks } from "../../src/inspection/verify/content-checks.ts";
import { showComparison } from "./show-comparison.ts";
import { parseVerifySpecs, refuseTagOptions, selectsTags } from "./verify-options.ts";
import type { GivenVerify, VerifyNames } from "./verify-options.ts";

/** Runs `freightliner verify`: prints what the target lacks of an image, or of many tags, and what differs. */
export async function verify(
  names: VerifyNames,
  given: GivenVerify,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (!selectsTags(given)) return await verifyImage(names, given, terminal, signal);
  const { verifyTags } = await import("./verify-tags.ts");
  return await verifyTags(await parseVerifySpecs(names, given), given, terminal, signal);
}

/** Compares one image. Writes nothing. */
async function verifyImage(
  names: VerifyNames,
  { platform: wanted, referrers, ...given }: GivenVerify,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  refuseTagOptions({ referrers, ...given });
  if (names.source === undefined || names.target === undefined) {
    throw new UsageError("verify takes SOURCE and TARGET, or --list FILE", { command: "verify" });
  }
  const from = readImageReference("verify", names.source);
  const to = readReference("verify", names.target);
  const platform = readPlatform("verify", wanted);
  const { environment } = terminal;
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(given) });
  const [source, target, client] = await Promise.all([
    repositories.source(from),
    repositories.target(to),
    repositories.client("target", to),
  ]);
  const root = await resolveImage({ source: from, platform }, source, signal);
  const reference = to.digest ?? to.tag ?? from.tag ?? root.digest;
  const images = await readImageAndCompanions({ root, reference }, { source, referrers, sparse: "keep" }, signal);
  const read = sourceThrough(client);
  const copy = {
    read,
    checks: createContentChecks({ read, hasBlob: (blob, working) => target.hasBlob(blob, working), readBlobs: false }),
  };
  const comparison = await compareImages(images, copy, { referrers }, signal);
  return showComparison(
    { source: formatReference(from), target: formatReference(to), digest: root.digest },
    comparison,
    terminal,
  );
}
