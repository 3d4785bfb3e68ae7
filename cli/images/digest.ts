import { formatReference } from "../../src/oci/reference.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readImageReference, readPlatform } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";

interface GivenDigest extends RawAccessOptions {
  readonly platform?: string | undefined;
}

/** Runs `freightliner digest`: prints the digest that a reference resolves to now. */
export async function digest(
  text: string,
  { platform: wanted, ...access }: GivenDigest,
  { out, json, environment }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const reference = readImageReference("digest", text);
  const platform = readPlatform("digest", wanted);
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const found = await resolveImage({ source: reference, platform }, await repositories.source(reference), signal);
  const { mediaType, size } = found;
  if (json) out.json({ reference: formatReference(reference), digest: found.digest, mediaType, size });
  else out.lines([found.digest]);
  return ExitCode.ok;
}
