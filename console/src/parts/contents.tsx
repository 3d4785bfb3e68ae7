import type { ImageContents } from "../../../src/api/schemas/tag.ts";
import { bytes, counted } from "../format.ts";
import { useLive } from "../use-live.ts";
import { Digest } from "./copy-text.tsx";

const EVERY_MS = 30_000;

type Manifest = ImageContents["manifests"][number];

/** What the image of a tag consists of; nothing where no copy has written it. @param query of the tag's key. */
export function Contents({ query }: { readonly query: string }) {
  const { answer } = useLive<ImageContents>(`api/contents?${query}`, EVERY_MS);
  if (answer === undefined) return null;
  const { digest, manifests, moreManifests, attached, moreAttached, tags, moreTags } = answer;
  return (
    <section aria-labelledby="contents">
      <h3 id="contents">What the image consists of</h3>
      <p class="detail">
        {summaryOf(answer)}, as its last copy has read <Digest digest={digest} />
      </p>
      <ManifestList label="manifests" manifests={manifests} more={moreManifests} />
      {attached.length + moreAttached > 0 && (
        <>
          <h4>Attached to it</h4>
          <ManifestList label="attachments" manifests={attached} more={moreAttached} />
        </>
      )}
      {tags.length > 0 && (
        <p class="detail name">
          Tags of cosign: {tags.join(", ")}
          {moreTags > 0 && ` and ${moreTags} more`}
        </p>
      )}
    </section>
  );
}

function summaryOf({ bytes: size, manifests, moreManifests }: ImageContents): string {
  const platforms = manifests.filter(({ platform }) => platform !== undefined).length;
  const parts = [counted(manifests.length + moreManifests, "manifest")];
  if (platforms > 0 && moreManifests === 0) parts.push(counted(platforms, "platform"));
  return [...parts, bytes(size)].join(", ");
}

interface ManifestListProps {
  readonly label: string;
  /** Parents first. */
  readonly manifests: readonly Manifest[];
  readonly more: number;
}

/** A list within a list for each index: a screen reader says how deep it is. */
function ManifestList({ label, manifests, more }: ManifestListProps) {
  return (
    <ul class="tree" aria-label={label}>
      {branchesOf(manifests).map(({ manifest, below }) => (
        <Branch key={manifest.digest} manifest={manifest} below={below} />
      ))}
      {more > 0 && <li class="detail">and {counted(more, "more manifest", "more manifests")}</li>}
    </ul>
  );
}

interface BranchProps {
  readonly manifest: Manifest;
  readonly below: readonly Manifest[];
}

function Branch({ manifest, below }: BranchProps) {
  return (
    <li>
      <ManifestFacts manifest={manifest} />
      {below.length > 0 && (
        <ul>
          {branchesOf(below).map((branch) => (
            <Branch key={branch.manifest.digest} {...branch} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The manifests of the least depth, each with those that follow it and are deeper. */
function branchesOf(manifests: readonly Manifest[]): BranchProps[] {
  const depth = Math.min(...manifests.map((each) => each.depth));
  const starts = manifests.flatMap((manifest, index) => (manifest.depth === depth ? [{ manifest, index }] : []));
  return starts.map(({ manifest, index }, nth) => ({
    manifest,
    below: manifests.slice(index + 1, starts[nth + 1]?.index),
  }));
}

function ManifestFacts({ manifest }: { readonly manifest: Manifest }) {
  const { digest, mediaType, platform, artifactType, subject, size, blobs, moreBlobs } = manifest;
  const count = blobs.length + moreBlobs;
  return (
    <>
      <p>
        <strong>{platform ?? nameOf(artifactType ?? mediaType)}</strong> <Digest digest={digest} />{" "}
        {subject !== undefined && (
          <span class="detail">
            of <code>{subject}</code>
          </span>
        )}
      </p>
      <p class="detail name">{[mediaType, bytes(size)].join(" · ")}</p>
      {count > 0 && (
        <details>
          <summary>
            {counted(count, "blob")}, {bytes(manifest.bytes)}
          </summary>
          <ul class="contained">
            {blobs.map((blob) => (
              <li key={blob.digest}>
                <code>{blob.digest}</code> <span>{bytes(blob.size)}</span>{" "}
                <span class="detail name">{blob.mediaType}</span>
              </li>
            ))}
            {moreBlobs > 0 && <li class="detail">and {counted(moreBlobs, "more blob", "more blobs")}</li>}
          </ul>
        </details>
      )}
    </>
  );
}

/** What a media type is in words; others as they are. */
const NAMES: Readonly<Record<string, string>> = {
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
  "application/vnd.oci.image.manifest.v1+json": "image",
  "application/vnd.oci.image.config.v1+json": "image",
  "application/vnd.docker.distribution.manifest.v2+json": "image",
  "application/vnd.docker.container.image.v1+json": "image",
};

const nameOf = (type: string): string => (Object.hasOwn(NAMES, type) ? NAMES[type] : undefined) ?? type;
