import type { Receipt } from "../../../src/api/schemas/receipt.ts";
import type { Status } from "../../../src/api/schemas/status.ts";
import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { bytes, duration, moment } from "../format.ts";
import { Advice } from "../parts/advice.tsx";
import { BlobBars } from "../parts/blob-bars.tsx";
import { Contents } from "../parts/contents.tsx";
import { Digest } from "../parts/copy-text.tsx";
import { Everywhere } from "../parts/everywhere.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import { CancelCopy, RepositoryPause } from "../parts/holds.tsx";
import { CopyProgress } from "../parts/progress.tsx";
import { useLive } from "../use-live.ts";
import { addressOf } from "../use-route.ts";

const EVERY_MS = 3_000;

interface TagProps {
  readonly tag: string;
  /** Undefined before the first answer. */
  readonly status: Pick<Status, "pausedRepositories"> | undefined;
}

/** One tag: what its destination has, where else its image is, and how its requests ended. */
export function Tag({ tag, status }: TagProps) {
  const query = new URLSearchParams({ key: tag }).toString();
  const record = useLive<ListedTag>(`api/tag?${query}`, EVERY_MS);
  const receipts = useLive<readonly Receipt[]>(`api/receipts?${query}`, EVERY_MS);
  // A record has the names of the destination, and a receipt those of the source.
  const named = receipts.answer?.find(
    ({ repository, reference }) => repository !== undefined && reference !== undefined,
  );
  if (record.status === 404) return <NoSuchTag tag={tag} />;
  return (
    <section aria-labelledby="tag">
      <h2 id="tag" class="name">
        {tag}
      </h2>
      <Answered live={record}>{(known) => <Record tag={known} last={receipts.answer?.[0]} />}</Answered>
      <RepositoryPause repository={named?.repository} paused={status?.pausedRepositories} />
      {named?.repository !== undefined && named.reference !== undefined && (
        <Everywhere repository={named.repository} reference={named.reference} here={tag} />
      )}
      <Contents query={query} />
      <h3>Timeline</h3>
      <Answered live={receipts}>
        {(found) =>
          found.length === 0 ? (
            <Nothing>No request about it has ended yet.</Nothing>
          ) : (
            <ol class="timeline">
              {found.map((receipt) => (
                <Entry key={`${receipt.id} ${receipt.endedAt}`} receipt={receipt} />
              ))}
            </ol>
          )
        }
      </Answered>
    </section>
  );
}

function NoSuchTag({ tag }: { readonly tag: string }) {
  return (
    <section aria-labelledby="tag">
      <h2 id="tag" class="name">
        {tag}
      </h2>
      <p class="problem" role="alert">
        Freightliner knows no tag of this name.
      </p>
      <p>
        Its name begins with its destination. <a href={addressOf("tags")}>Search all tags</a> for a part of it. If it
        was pushed just now, wait: this page looks again every few seconds.
      </p>
    </section>
  );
}

interface RecordProps {
  readonly tag: ListedTag;
  readonly last: Receipt | undefined;
}

function Record({ tag, last }: RecordProps) {
  const { state, lagMs, digest, replicatedAt, origin } = tag;
  const source = sourceOf(tag, last);
  return (
    <>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <StateInWords tag={tag} />
        </dd>
        <dt>Newest push</dt>
        <dd>{duration(lagMs)} ago</dd>
        {source !== undefined && (
          <>
            <dt>The source had</dt>
            <dd>
              <Digest digest={source} /> {source === digest ? "the same image" : "another digest, as its rule says"}
            </dd>
          </>
        )}
        <dt>The destination has</dt>
        <dd>
          {digest === undefined ? (
            "no image yet, as far as it has been confirmed"
          ) : (
            <>
              <Digest digest={digest} /> {replicatedAt !== undefined && `since ${moment(replicatedAt)}`}
            </>
          )}
        </dd>
        <Platforms origin={origin} />
      </dl>
      {state === "copying" && (
        <>
          <p class="copying">
            <CopyProgress tag={tag} />
          </p>
          <BlobBars blobs={tag.progress?.inFlight ?? []} />
        </>
      )}
      {isCancellable(tag) && (
        <p>
          <CancelCopy tag={tag} />
        </p>
      )}
    </>
  );
}

function Platforms({ origin }: Pick<ListedTag, "origin">) {
  if (origin === undefined) return null;
  return (
    <>
      <dt>Platforms</dt>
      <dd>only {origin.platforms}</dd>
    </>
  );
}

const isCancellable = ({ state }: ListedTag): boolean => state === "copying" || state === "waiting";

/** The state, and how the last copy ended. An outcome often begins with the state: then it says both. */
function StateInWords({ tag: { state, outcome = state, cancelled } }: { readonly tag: ListedTag }) {
  const saysState = outcome.split(":", 1)[0] === state;
  const rest =
    state === "cancelled" && cancelled !== undefined
      ? `by ${cancelled.by}, ${moment(cancelled.at)}; a newer push or a job copies it`
      : outcome;
  return (
    <>
      <span class={`state ${state}`}>{saysState ? outcome : state}</span> {rest !== outcome || !saysState ? rest : ""}
      <Advice outcome={outcome} />
    </>
  );
}

/** Outcomes after which the destination has what the source had. */
const COPIED: ReadonlySet<string> = new Set(["replicated", "unchanged"]);

/** What the source had when it was last copied; undefined when no receipt says so, as after a conflict. */
function sourceOf({ digest, origin }: ListedTag, last: Receipt | undefined): string | undefined {
  if (origin !== undefined) return origin.digest;
  if (last === undefined || last.conflict !== undefined || !COPIED.has(last.outcome)) return undefined;
  // A receipt names the source's digest only if it differs from that of the destination.
  return last.digest === digest ? (last.sourceDigest ?? digest) : undefined;
}

function Entry({ receipt }: { readonly receipt: Receipt }) {
  const { outcome, endedAt, digest, sourceDigest, platforms, error, leftOut, conflict, gate, id, traceparent } =
    receipt;
  return (
    <li>
      <p>
        <strong>{outcome}</strong> <span class="detail">{[moment(endedAt), ...factsOf(receipt)].join(" · ")}</span>
      </p>
      {digest !== undefined && <Digest digest={digest} />}
      {sourceDigest !== undefined && (
        <p>
          of <Digest digest={sourceDigest} /> {platforms !== undefined && `only ${platforms}`}
        </p>
      )}
      {error !== undefined && <p class="problem">{error}</p>}
      <Advice outcome={outcome} />
      {conflict !== undefined && <p>{conflict}</p>}
      {gate !== undefined && <p>{gate}</p>}
      {leftOut !== undefined && <p>Left out: {leftOut}</p>}
      <p class="detail">
        request {id}, trace {traceparent.split("-")[1]}
      </p>
    </li>
  );
}

function factsOf({ endedAt, pushedAt = 0, bytesUploaded = 0, rule }: Receipt): string[] {
  return [
    // 0: the source does not say when it was pushed.
    ...(pushedAt === 0 ? [] : [`${duration(endedAt - pushedAt)} after its push`]),
    ...(bytesUploaded === 0 ? [] : [`${bytes(bytesUploaded)} sent`]),
    ...(rule === undefined ? [] : [`by ${rule}`]),
  ];
}
