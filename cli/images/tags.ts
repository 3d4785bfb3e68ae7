import { formatReference } from "../../src/oci/reference.ts";
import { listTags } from "../../src/registry/listings/list-tags.ts";
import { loadTagFilter } from "../copy/copy-options.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { readRepository } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";

interface GivenTags extends RawAccessOptions {
  readonly tags: readonly string[];
}

/** Runs `freightliner tags`: prints the tags of a repository as its pages arrive; with `--json`, at the end. */
export async function tags(
  text: string,
  { tags: globs, ...access }: GivenTags,
  { out, json, environment }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const repository = readRepository("tags", text);
  const { matches } = await loadTagFilter(globs);
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const client = await repositories.client("source", repository);
  const found: string[] = [];
  let hasAny = false;
  for await (const tag of listTags(client, signal)) {
    hasAny = true;
    if (!matches(tag)) continue;
    if (json) found.push(tag);
    else out.lines([tag]);
  }
  if (!hasAny) {
    const name = formatReference(repository);
    throw new NotFoundError(`${name} has no tags, or does not exist; check the name and your login`);
  }
  if (json) out.json({ repository: formatReference(repository), tags: found });
  return ExitCode.ok;
}
