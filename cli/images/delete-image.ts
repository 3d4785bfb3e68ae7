import type { Digest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { deleteManifest } from "../../src/registry/manifests/delete-manifest.ts";
import { createRepositoryClient } from "../../src/registry/client/repository-client.ts";
import type { RepositoryClient } from "../../src/registry/client/repository-client.ts";
import { resolveImage } from "../copy/resolve-image.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { parseAccessOptions } from "../registry-access/access-options.ts";
import type { RawAccessOptions } from "../registry-access/access-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";
import { readImageReference } from "../registry-access/reference-argument.ts";
import { openRepositories } from "../registry-access/repositories.ts";

interface GivenDelete extends RawAccessOptions {
  readonly yes: boolean;
}

/** Carries out `freightliner delete`: asks first, and deletes nothing that it was not asked for. */
export async function deleteImage(
  text: string,
  { yes, ...access }: GivenDelete,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const reference = readImageReference("delete", text);
  const { out, notes, json, environment, ask } = terminal;
  const confirm = yes ? () => Promise.resolve("yes") : ask;
  if (confirm === undefined) {
    throw new UsageError("there is no terminal to ask whether it is meant; add --yes", { command: "delete" });
  }
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const source = await repositories.source(reference);
  const { digest } = await resolveImage({ source: reference, platform: undefined }, source, signal);
  const doomed: Doomed = { name: nameOf(reference), digest, isTag: reference.digest === undefined };
  const extent = doomed.isTag ? "the tag only" : "the manifest, and every tag that names it";
  const answer = await confirm(`Delete ${doomed.name} (${digest}; ${extent})? [y/N] `, signal);
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    notes.lines(["nothing was deleted"]);
    return ExitCode.ok;
  }
  const client = createRepositoryClient(await repositories.endpoint("target", reference));
  await deleteOne(client, reference, doomed, signal);
  if (json) out.json({ deleted: doomed.name, digest });
  else out.lines([`deleted ${doomed.name} (${digest})`]);
  return ExitCode.ok;
}

interface Doomed {
  readonly name: string;
  readonly digest: Digest;
  readonly isTag: boolean;
}

/** With a digest, the digest decides: the tag beside it says nothing. */
function nameOf(reference: Reference): string {
  return formatReference(reference.digest === undefined ? reference : { ...reference, tag: undefined });
}

async function deleteOne(
  client: RepositoryClient,
  { tag, digest }: Reference,
  doomed: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const isDeleted = await deleteManifest(client, digest ?? tag ?? doomed.digest, signal).catch((error: unknown) => {
    throw doomed.isTag && refusesTags(error) ? byDigestOnly(doomed, error) : error;
  });
  if (!isDeleted) throw new NotFoundError(`${doomed.name} is gone: something else has deleted it in the meantime`);
}

/** What registries say that delete manifests and no tags (distribution-spec, "Deleting tags"). */
function refusesTags(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 405 || (error.status === 400 && error.code !== "DENIED"));
}

function byDigestOnly({ name, digest }: Doomed, cause: unknown): Error {
  const repository = name.slice(0, name.lastIndexOf(":"));
  const advice = `"freightliner delete ${repository}@${digest}" deletes the image with all its tags`;
  return new Error(`${name} is not deleted: the registry deletes no tags; ${advice}`, { cause });
}
