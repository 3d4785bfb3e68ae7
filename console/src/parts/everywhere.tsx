import type { ImageStatus } from "../../../src/api/schemas/image-status.ts";
import { duration } from "../format.ts";
import { useLive } from "../use-live.ts";
import { Digest } from "./copy-text.tsx";
import { Answered } from "./notice.tsx";
import { TagLink } from "./tag-link.tsx";

const EVERY_MS = 10_000;

const WORDS = {
  PENDING: ["on its way", "waiting"],
  REPLICATED: ["there", "equal"],
  FAILED: ["failed", "failed"],
  NOT_TRACKED: ["not copied there", "skipped"],
} as const satisfies Readonly<Record<ImageStatus["state"], readonly [string, string]>>;

interface EverywhereProps {
  /** The image's names at the source. */
  readonly repository: string;
  readonly reference: string;
  /** The key of the tag whose page this is. */
  readonly here: string;
}

/** An image of the source, at each destination. */
export function Everywhere({ repository, reference, here }: EverywhereProps) {
  const query = new URLSearchParams({ repository, reference }).toString();
  const live = useLive<readonly ImageStatus[]>(`api/image?${query}`, EVERY_MS);
  return (
    <>
      <h3>
        {repository}
        {reference.includes(":") ? "@" : ":"}
        {reference} at each destination
      </h3>
      <Answered live={live}>
        {(found) => (
          <ul class="rows">
            {found.map((status) => (
              <Place key={status.destination} status={status} here={here} />
            ))}
          </ul>
        )}
      </Answered>
    </>
  );
}

function Place({ status, here }: { readonly status: ImageStatus; readonly here: string }) {
  const { destination, state, reason, digest, pendingMs, record } = status;
  const [word, tone] = WORDS[state];
  return (
    <li>
      <strong>{destination}</strong>
      <span class={`state ${tone}`}>{word}</span>
      {digest !== undefined && <Digest digest={digest} />}
      <span class="detail">
        {[
          ...(pendingMs === undefined ? [] : [`for ${duration(pendingMs)}`]),
          ...(reason === undefined ? [] : [reason]),
        ].join(" · ")}
      </span>
      {record !== undefined && record !== here && <TagLink tag={record} />}
    </li>
  );
}
