import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { bytes, counted } from "../format.ts";

type Blob = NonNullable<NonNullable<ListedTag["progress"]>["inFlight"]>[number];

interface BlobBarsProps {
  /** The largest first. */
  readonly blobs: readonly Blob[];
  /** Bars shown; all of them when not given. */
  readonly most?: number;
}

/** A bar for each blob that is being sent. */
export function BlobBars({ blobs, most = blobs.length }: BlobBarsProps) {
  if (blobs.length === 0) return null;
  const more = blobs.length - most;
  return (
    <ul class="blobs" aria-label="blobs that are being sent">
      {blobs.slice(0, most).map((blob) => (
        <BlobBar key={blob.digest} blob={blob} />
      ))}
      {more > 0 && <li class="detail">and {counted(more, "more blob", "more blobs")}</li>}
    </ul>
  );
}

function BlobBar({ blob: { digest, size, sent } }: { readonly blob: Blob }) {
  return (
    <li>
      <code>{digest}</code>
      <progress max={1} value={size === 0 ? 1 : sent / size} aria-label={`progress of blob ${digest}`} />
      <span class="detail">{sent < size ? `${bytes(sent)} of ${bytes(size)}` : `${bytes(size)}, being confirmed`}</span>
    </li>
  );
}
