import type { PausedRepository } from "../../../src/api/schemas/status.ts";
import type { ListedTag } from "../../../src/api/schemas/tag.ts";
import { counted, duration } from "../format.ts";
import { Act } from "./act.tsx";
import { TagLink } from "./tag-link.tsx";

/** Cancels the copy that is shown, and no later one. */
export function CancelCopy({ tag: { key, copy, cancelled } }: { readonly tag: ListedTag }) {
  if (cancelled !== undefined) return <span class="detail">cancelled by {cancelled.by}: it is about to end</span>;
  const done = "It ends within 15 seconds, or when it is tried next.";
  return (
    <Act key={copy} label={`cancel ${key}`} text="Cancel" path="api/tag/cancel" body={{ key, copy }} done={done} />
  );
}

interface RepositoryPauseProps {
  readonly repository: string | undefined;
  readonly paused: readonly PausedRepository[] | undefined;
}

/** Pauses a repository of the source, or resumes it; nothing before it is known which repository that is. */
export function RepositoryPause({ repository, paused }: RepositoryPauseProps) {
  if (repository === undefined || paused === undefined) return null;
  const isPaused = paused.some((each) => each.repository === repository);
  const verb = isPaused ? "resume" : "pause";
  const done = isPaused ? "Its pushes are requested within a minute." : "No copy of it begins any more.";
  return (
    <Act
      key={verb}
      label={`${verb} repository ${repository}`}
      text={isPaused ? "Resume repository" : "Pause repository"}
      path={`api/repositories/${verb}`}
      body={{ repository }}
      done={done}
    />
  );
}

/** The repositories that operators have paused: who, for how long, and what waits. */
export function PausedRepositories({ paused }: { readonly paused: readonly PausedRepository[] }) {
  if (paused.length === 0) return null;
  return (
    <section aria-labelledby="paused">
      <h2 id="paused">Paused repositories</h2>
      <ul class="rows">
        {paused.map(({ repository, by, since, waiting }) => (
          <li key={repository}>
            <strong>{repository}</strong>
            <span class="detail">
              paused by {by} for {duration(Date.now() - since)}; {counted(waiting, "push", "pushes")}{" "}
              {waiting === 1 ? "waits" : "wait"}
            </span>
            <RepositoryPause repository={repository} paused={paused} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Copies that operators have cancelled, until a newer push. */
export function CancelledCopies({ cancelled }: { readonly cancelled: readonly ListedTag[] }) {
  if (cancelled.length === 0) return null;
  return (
    <section aria-labelledby="cancelled">
      <h2 id="cancelled">Cancelled copies</h2>
      <ul class="rows">
        {cancelled.map(({ key, cancelled: by }) => (
          <li key={key}>
            <TagLink tag={key} />
            {by !== undefined && (
              <span class="detail">
                cancelled by {by.by} {duration(Date.now() - by.at)} ago; a newer push or a job copies it
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
