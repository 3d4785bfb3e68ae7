import { MediaType } from "../../../src/oci/media-type.ts";
import { digestFrom, methodNotAllowed } from "./registry-context.ts";
import type { Exchange, RegistryContext } from "./registry-context.ts";
import { ErrorResponse } from "../protocol/error-response.ts";
import type { RepositoryState } from "../storage/repository-index.ts";

/** `/v2/<name>/tags/list` (distribution-spec, "Listing Tags"). */
export function tagsRoute({ method, url, response, repository }: Exchange, { index, profile }: RegistryContext): void {
  if (method !== "GET") throw methodNotAllowed();
  const state = index.find(repository);
  if (state === undefined) throw profile.access.unknownRepository(repository);
  const limit = pageSize(url.searchParams.get("n"), profile.listings.maxPage);
  const last = url.searchParams.get("last");
  const listed = [...state.tags.keys()].toSorted(byCharacter).slice(0, profile.listings.maxTotal);
  const all = listed.filter((tag) => last === null || byCharacter(tag, last) > 0);
  const tags = all.slice(0, limit);
  const end = tags.at(-1);
  const next =
    tags.length < all.length && end !== undefined
      ? { link: `</v2/${repository}/tags/list?n=${limit}&last=${end}>; rel="next"` }
      : {};
  const map = profile.listings.includesManifests ? googleMap(state, profile.listings.maxTotal) : {};
  sendJson(response, { name: repository, tags, ...map }, next);
}

/** Characters by their code, as the specification's "lexical order" is meant: no locale. */
function byCharacter(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function pageSize(text: string | null, max: number): number {
  if (text === null) return max;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 0 && size <= max) return size;
  throw new ErrorResponse(400, "PAGINATION_NUMBER_INVALID", `invalid number of results requested: n is 0 to ${max}`);
}

/** Google's own addition to tag lists: every manifest with its tags. */
function googleMap({ manifests, tags }: RepositoryState, most: number): object {
  const tagsOf = Map.groupBy(tags.keys().take(most), (tag) => tags.get(tag));
  const entries = [...manifests].slice(0, most).map(([digest, { mediaType, size }]) => {
    const tag = tagsOf.get(digest) ?? [];
    return [digest, { imageSizeBytes: String(size), mediaType, timeCreatedMs: "0", timeUploadedMs: "0", tag }];
  });
  return { child: [], manifest: Object.fromEntries(entries) };
}

/** `/v2/<name>/referrers/<digest>` (distribution-spec, "Listing Referrers"). */
export function referrersRoute(
  { method, url, response, repository }: Exchange,
  { index }: RegistryContext,
  reference: string,
): void {
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed();
  const subject = digestFrom(reference);
  const wanted = url.searchParams.get("artifactType");
  const found = [...(index.find(repository)?.manifests ?? [])].filter(([, manifest]) => manifest.subject === subject);
  const manifests = found
    .filter(([, { artifactType }]) => wanted === null || artifactType === wanted)
    .map(([digest, { mediaType, size, artifactType, annotations }]) => ({
      mediaType,
      digest,
      size,
      artifactType,
      annotations,
    }));
  const filters = wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  sendJson(
    response,
    { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests },
    { ...filters, "content-type": MediaType.ociIndex },
  );
}

function sendJson(response: Exchange["response"], body: object, headers: Record<string, string>): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response
    .writeHead(200, { "content-type": "application/json", "content-length": bytes.byteLength, ...headers })
    .end(bytes);
}
