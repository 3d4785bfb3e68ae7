import type { Receipt } from "../../../src/api/schemas/receipt.ts";
import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { bytes, duration, moment } from "../format.ts";
import { Digest } from "../parts/copy-text.tsx";
import { Answered, Nothing } from "../parts/notice.tsx";
import { useLive } from "../use-live.ts";

const EVERY_MS = 3_000;

/** One tag: what its destination has, and how its requests ended. */
export function Tag({ tag }: { readonly tag: string }) {
  const query = new URLSearchParams({ key: tag }).toString();
  const record = useLive<ListedTag>(`api/tag?${query}`, EVERY_MS);
  const receipts = useLive<readonly Receipt[]>(`api/receipts?${query}`, EVERY_MS);
  return (
    <section aria-labelledby="tag">
      <h2 id="tag" class="name">
        {tag}
      </h2>
      <Answered live={record}>{(known) => <Record tag={known} />}</Answered>
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

function Record({ tag: { state, outcome, lagMs, digest, replicatedAt, progress } }: { readonly tag: ListedTag }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <span class={`state ${state}`}>{state}</span> {outcome !== undefined && outcome !== state && outcome}
      </dd>
      <dt>Newest push</dt>
      <dd>{duration(lagMs)} ago</dd>
      <dt>The destination has</dt>
      <dd>
        {digest === undefined ? (
          "nothing that was confirmed"
        ) : (
          <>
            <Digest digest={digest} /> {replicatedAt !== undefined && `since ${moment(replicatedAt)}`}
          </>
        )}
      </dd>
      {progress !== undefined && (
        <>
          <dt>Copying</dt>
          <dd>
            {bytes(progress.bytesSent)} of {bytes(progress.bytes)}, {progress.blobsDone} of {progress.blobs} blobs
          </dd>
        </>
      )}
    </dl>
  );
}

function Entry({ receipt }: { readonly receipt: Receipt }) {
  const { outcome, endedAt, pushedAt, digest, bytesUploaded, rule, error, leftOut, conflict, id, traceparent } =
    receipt;
  const facts = [
    ...(pushedAt === undefined ? [] : [`${duration(endedAt - pushedAt)} after its push`]),
    ...(bytesUploaded === undefined || bytesUploaded === 0 ? [] : [`${bytes(bytesUploaded)} sent`]),
    ...(rule === undefined ? [] : [`by ${rule}`]),
  ];
  return (
    <li>
      <p>
        <strong>{outcome}</strong> <span class="detail">{[moment(endedAt), ...facts].join(" · ")}</span>
      </p>
      {digest !== undefined && <Digest digest={digest} />}
      {error !== undefined && <p class="problem">{error}</p>}
      {conflict !== undefined && <p>{conflict}</p>}
      {leftOut !== undefined && <p>Left out: {leftOut}</p>}
      <p class="detail">
        request {id}, trace {traceparent.split("-")[1]}
      </p>
    </li>
  );
}
