import { useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure, get, post } from "../api.ts";
import { duration } from "../format.ts";
import { Nothing } from "../parts/notice.tsx";

interface Letter {
  readonly id: string;
  readonly class: string;
  readonly reason: string;
  readonly error: string;
  readonly destination?: string;
  readonly repository?: string;
  readonly reference?: string;
  readonly failedAt: number;
  readonly redriven: boolean;
  readonly problem?: string;
}

interface Letters {
  readonly all: number;
  readonly selected: readonly Letter[];
}

type State =
  | { readonly kind: "reading" }
  | { readonly kind: "read"; readonly letters: readonly Letter[] }
  | { readonly kind: "moved"; readonly moved: number; readonly left: readonly Letter[] }
  | { readonly kind: "failed"; readonly problem: string };

const problemOf = (error: unknown): string =>
  error instanceof ApiFailure ? error.message : "the console failed; load it again";

/** Dead letters by their reason, and the way back. */
export function DeadLetters() {
  const [state, setState] = useState<State>({ kind: "reading" });
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    setState({ kind: "reading" });
    get<Letters>("api/dead-letters", ending.signal).then(
      ({ selected }) => setState({ kind: "read", letters: selected }),
      (error: unknown) => !ending.signal.aborted && setState({ kind: "failed", problem: problemOf(error) }),
    );
    return () => ending.abort();
  }, [looks]);

  async function redrive(reason: string): Promise<void> {
    try {
      const body = { reasons: [reason] };
      const { selected } = await post<Letters>("api/dead-letters/redrive", body, new AbortController().signal);
      const left = selected.filter(({ redriven }) => !redriven);
      setState({ kind: "moved", moved: selected.length - left.length, left });
    } catch (error) {
      setState({ kind: "failed", problem: problemOf(error) });
    }
  }
  return (
    <section aria-labelledby="letters">
      <h2 id="letters">Dead letters</h2>
      <p class="detail">
        Copies that failed for good. Fix what their reason says, then move them back: they copy what the tag names by
        then.
      </p>
      <div aria-live="polite">
        <Shown state={state} redrive={redrive} />
      </div>
      <button type="button" disabled={state.kind === "reading"} onClick={() => setLooks((count) => count + 1)}>
        Look again
      </button>
    </section>
  );
}

function Shown({ state, redrive }: { readonly state: State; readonly redrive: (reason: string) => Promise<void> }) {
  switch (state.kind) {
    case "reading":
      return <p class="none">Reading; this takes some seconds …</p>;
    case "failed":
      return (
        <p class="problem" role="alert">
          {state.problem}
        </p>
      );
    case "moved":
      return (
        <>
          <p>{state.moved} moved back to the queues.</p>
          {state.left.map(({ id, problem }) => (
            <p key={id} class="problem">
              Not moved: {problem}
            </p>
          ))}
        </>
      );
    case "read":
      return state.letters.length === 0 ? (
        <Nothing>There are none.</Nothing>
      ) : (
        <>
          {[...Map.groupBy(state.letters, ({ reason }) => reason)].map(([reason, letters]) => (
            <Group key={reason} reason={reason} letters={letters} redrive={redrive} />
          ))}
        </>
      );
  }
}

interface GroupProps {
  readonly reason: string;
  readonly letters: readonly Letter[];
  readonly redrive: (reason: string) => Promise<void>;
}

function Group({ reason, letters, redrive }: GroupProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <article class="card">
      <h3>
        {letters[0]?.class}: {reason} ({letters.length})
      </h3>
      <ul class="rows">
        {letters.map(({ id, repository = "a message", reference = "", destination = "?", failedAt, error }) => (
          <li key={id}>
            <strong>
              {repository}
              {reference === "" ? "" : `:${reference}`}
            </strong>
            <span class="detail">
              to {destination}, {duration(Date.now() - failedAt)} ago
            </span>
            <p class="problem">{error}</p>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Move {letters.length} back …
      </button>
      <dialog ref={dialog} aria-label={`move back: ${reason}`}>
        <p>
          Move {letters.length} back to the queues? Each is copied again, as what its tag names by then. If the cause is
          still there, they come back here.
        </p>
        <form method="dialog" class="filters">
          <button type="submit">Leave them</button>
          <button type="submit" class="main" onClick={() => void redrive(reason)}>
            Move {letters.length} back
          </button>
        </form>
      </dialog>
    </article>
  );
}
