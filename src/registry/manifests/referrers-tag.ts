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
import { fetchReferrersIndex } from "./list-referrers.ts";
import { queryReferrersApi } from "./referrers-api.ts";

/** An index to be extended: unknown fields are kept. */
const ReferrersIndex = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });
type ReferrersIndex = z.infer<typeof ReferrersIndex>;

/** Number of merges before the failure is deferred, when other writers keep overwriting the tag. */
const MAX_MERGES = 8;
/** Longest pause before the index is read back, in milliseconds, half of it random: by then, the late write of another writer shows. */
const PAUSE_MS = 500;
/** Number of consecutive reads that must find the manifest in the index. */
const CONFIRMATIONS = 2;

/**
 * Adds a manifest to the referrers tag of its subject, unless the registry lists it through the API (distribution-spec, "Pushing
 * Manifests with Subject"). Tags have no compare-and-swap, so the index is read back, and merged again until it has the manifest
 * (fault R22). @throws {RegistryError} of operation `list-referrers`.
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
    // Another operation than the put: the manifest itself is stored.
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
      // If the first read finds it, we have written nothing that another writer could race with.
      if (merges === 0 || ++confirmed === CONFIRMATIONS) return;
    } else {
      confirmed = 0;
      merges++;
      const bytes = new TextEncoder().encode(JSON.stringify(withReferrer(index, manifest)));
      const merged = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), bytes };
      await putManifest(client, merged, referrersTag(subject), signal);
    }
    await client.runtime.clock.sleep((PAUSE_MS / 2) * (1 + client.runtime.random()), signal);
  }
  throw new RegistryError(
    { ...client.address.failureContext("put-manifest", referrersTag(subject)), category: "deferred" },
    `others kept overwriting the list of what is attached; ${manifest.digest} is not on it yet`,
  );
}

/**
 * True when the registry lists the manifest through the API although its response to the put had no OCI-Subject, which would mean
 * that there is no such API (distribution-spec, "Pushing Manifests with Subject").
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
 * The index to extend. @throws {RegistryError} permanent when the tag names something else, which is not overwritten
 * (distribution-spec, "Pushing Manifests with Subject").
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
