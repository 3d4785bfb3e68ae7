import * as z from "zod";
import { parseJson, readJson } from "../../oci/json/bounded-json.ts";
import type { Digest } from "../../oci/digest.ts";
import { digestOf } from "../../oci/digest.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { MediaType } from "../../oci/media-type.ts";
import { lenientOptional } from "../../oci/json/optional-field.ts";
import { referrersTag } from "../../oci/referrers-tag.ts";
import { RegistryError } from "../../oci/errors/registry-error.ts";
import { putManifest } from "./put-manifest.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { queryReferrersApi, fetchReferrersIndex } from "./list-referrers.ts";

/** An index as a client may change it: what it does not know stays as it is. */
const ReferrersIndex = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });
type ReferrersIndex = z.infer<typeof ReferrersIndex>;

/** Merges of one tag before a crowd that writes it is left alone for a while. */
const MAX_MERGES = 8;
/** Rest before an index is read back, in milliseconds, half of it by chance: another writer's late write shows by then. */
const REST_MS = 500;
/** Times in a row the index must hold the manifest before it is believed to stay there. */
const CONFIRMATIONS = 2;

/**
 * Adds a manifest to the referrers tag of its subject, where the registry does not keep that list itself
 * (distribution-spec, "Pushing Manifests with Subject"). Tags know no compare-and-swap, so the index is read back, and
 * merged again until it holds the manifest (fault R22).
 */
export async function addToReferrersTag(
  client: RepositoryClient,
  manifest: Manifest,
  subject: Digest,
  signal: AbortSignal,
): Promise<void> {
  try {
    await tagReferrer(client, manifest, subject, signal);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    // A step of its own: no answer to it says nothing about the manifest, which is there.
    const { side, category, subject: about, status, code, retryAfterMs, problem } = error;
    throw new RegistryError(
      { side, operation: "list-referrers", category, subject: about, status, code, retryAfterMs },
      `the list of what is attached could not be written: ${problem}`,
      { cause: error },
    );
  }
}

async function tagReferrer(
  client: RepositoryClient,
  manifest: Manifest,
  subject: Digest,
  signal: AbortSignal,
): Promise<void> {
  if (await isListed(client, manifest, subject, signal)) return;
  let confirmed = 0;
  for (let merges = 0; merges < MAX_MERGES;) {
    const tagged = await fetchReferrersIndex(client, subject, signal);
    const index = tagged === undefined ? undefined : readIndex(client, tagged, subject);
    if (index?.manifests.some(({ digest }) => digest === manifest.digest) === true) {
      // Where nobody has written since we looked first, one look is enough.
      if (merges === 0 || ++confirmed === CONFIRMATIONS) return;
    } else {
      confirmed = 0;
      merges++;
      const bytes = new TextEncoder().encode(JSON.stringify(withReferrer(index, manifest)));
      const merged = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };
      await putManifest(client, merged, referrersTag(subject), signal);
    }
    await client.runtime.clock.sleep((REST_MS / 2) * (1 + client.runtime.random()), signal);
  }
  throw new RegistryError(
    { ...client.address.failureContext("put-manifest", referrersTag(subject)), category: "deferred" },
    `others kept overwriting the list of what is attached; ${manifest.digest} is not on it yet`,
  );
}

/**
 * Does the registry keep the list itself, although its answer to the put does not say so? Only a list that has the manifest
 * shows it (distribution-spec, "Pushing Manifests with Subject": without OCI-Subject, the API is not there).
 */
async function isListed(
  client: RepositoryClient,
  { digest }: Manifest,
  subject: Digest,
  signal: AbortSignal,
): Promise<boolean> {
  const listed = await queryReferrersApi(client, subject, signal);
  return listed.kind === "listed" && listed.manifests.some((each) => each.digest === digest);
}

/**
 * The list, to be extended. A tag that holds anything else stays as it is (distribution-spec, "Pushing Manifests with
 * Subject"). @throws {RegistryError} then, for good.
 */
function readIndex(client: RepositoryClient, { bytes, mediaType }: Manifest, subject: Digest): ReferrersIndex {
  const index = mediaType === MediaType.ociIndex ? ReferrersIndex.safeParse(readJson(bytes)).data : undefined;
  if (index !== undefined) return index;
  const tag = referrersTag(subject);
  throw new RegistryError(
    { ...client.address.failureContext("list-referrers", tag), category: "permanent", code: "REFERRERS_TAG_TAKEN" },
    `the tag ${tag} holds something else than the list of what is attached; move that to another tag`,
  );
}

function withReferrer(index: ReferrersIndex | undefined, manifest: Manifest): ReferrersIndex {
  const { artifactType } = successors(manifest.bytes, manifest.mediaType);
  const document = parseJson(manifest.bytes, "manifest");
  const { annotations } = z
    .looseObject({ annotations: lenientOptional(z.record(z.string(), z.string())) })
    .parse(document);
  const { mediaType, digest, bytes } = manifest;
  const descriptor = {
    mediaType,
    digest,
    size: bytes.byteLength,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const known = index ?? { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] };
  return { ...known, manifests: [...known.manifests, descriptor] };
}
