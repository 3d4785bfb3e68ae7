import { useRef } from "preact/hooks";
import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { bytes, duration } from "../format.ts";
import { BlobBars } from "./blob-bars.tsx";
import { CancelCopy } from "./holds.tsx";
import { TagLink } from "./tag-link.tsx";

/** Blobs of one copy in a list of copies. */
const FEW_BLOBS = 4;

/** A running copy, with its tag and its largest blobs. */
export function RunningCopy({ tag }: { readonly tag: ListedTag }) {
  return (
    <li class="copy">
      <TagLink tag={tag.key} />
      <CopyProgress tag={tag} />
      <CancelCopy tag={tag} />
      <BlobBars blobs={tag.progress?.inFlight ?? []} most={FEW_BLOBS} />
    </li>
  );
}

/** How far a running copy is, how fast, and how long it will take. */
export function CopyProgress({ tag }: { readonly tag: ListedTag }) {
  const { progress, copyingMs = 0 } = tag;
  const speed = useSpeed(progress?.bytesSent ?? 0);
  const share = progress === undefined || progress.bytes === 0 ? 0 : Math.min(progress.bytesSent / progress.bytes, 1);
  const rest = progress === undefined || speed === 0 ? undefined : (progress.bytes - progress.bytesSent) / speed;
  return (
    <>
      <progress max={1} value={share} aria-label={`progress of ${tag.key}`} />
      <span class="detail">
        {progress === undefined
          ? `started ${duration(copyingMs)} ago`
          : [
              `${Math.floor(share * 100)} %`,
              `${bytes(progress.bytesSent)} of ${bytes(progress.bytes)}`,
              `${progress.blobsDone} of ${progress.blobs} blobs`,
              ...(speed > 0 ? [`${bytes(speed)}/s`] : []),
              ...(rest !== undefined && rest > 0 ? [`${duration(rest * 1_000)} left`] : []),
            ].join(" · ")}
      </span>
    </>
  );
}
/** Bytes a second, between the last two readings that differ. */
function useSpeed(sent: number): number {
  const last = useRef({ sent, at: Date.now(), speed: 0 });
  const now = Date.now();
  if (sent > last.current.sent && now > last.current.at) {
    const speed = (sent - last.current.sent) / ((now - last.current.at) / 1_000);
    last.current = { sent, at: now, speed };
  }
  return last.current.speed;
}
