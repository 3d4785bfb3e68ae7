import type { Digest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Reference } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { deleteManifest } from "../../src/registry/manifests/delete-manifest.ts";
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

/** Runs `freightliner delete`: asks for confirmation, then deletes one tag, or one manifest with all its tags. */
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
    throw new UsageError("there is no terminal to confirm the deletion; add --yes", { command: "delete" });
  }
  await using repositories = openRepositories({ environment, signal, ...parseAccessOptions(access) });
  const source = await repositories.source(reference);
  const { digest } = await resolveImage({ source: reference, platform: undefined }, source, signal);
  const deletion: Deletion = { name: nameOf(reference), digest, isTag: reference.digest === undefined };
  const extent = deletion.isTag ? "the tag only" : "the manifest and all its tags";
  const answer = await confirm(`Delete ${deletion.name} (${digest}; ${extent})? [y/N] `, signal);
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    notes.lines(["nothing was deleted"]);
    return ExitCode.ok;
  }
  const client = await repositories.client("target", reference);
  await deleteOne(client, reference, deletion, signal);
  if (json) out.json({ deleted: deletion.name, digest });
  else out.lines([`deleted ${deletion.name} (${digest})`]);
  return ExitCode.ok;
}

interface Deletion {
  readonly name: string;
  readonly digest: Digest;
  readonly isTag: boolean;
}

/** In `name:tag@digest` only the digest counts. */
function nameOf(reference: Reference): string {
  return formatReference(reference.digest === undefined ? reference : { ...reference, tag: undefined });
}

async function deleteOne(
  client: RepositoryClient,
  { tag, digest }: Reference,
  deletion: Deletion,
  signal: AbortSignal,
): Promise<void> {
  const isDeleted = await deleteManifest(client, digest ?? tag ?? deletion.digest, signal).catch((error: unknown) => {
    throw deletion.isTag && refusesTags(error) ? byDigestOnly(deletion, error) : error;
  });
  if (!isDeleted) throw new NotFoundError(`${deletion.name} no longer exists: something else has deleted it`);
}

/** True for the answer of a registry that deletes manifests but not tags (distribution-spec, "Deleting tags"). */
function refusesTags(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 405 || (error.status === 400 && error.code !== "DENIED"));
}

function byDigestOnly({ name, digest }: Deletion, cause: unknown): Error {
  const repository = name.slice(0, name.lastIndexOf(":"));
  const advice = `"freightliner delete ${repository}@${digest}" deletes the image with all its tags`;
  return new Error(`${name} was not deleted: this registry does not delete single tags; ${advice}`, { cause });
}
