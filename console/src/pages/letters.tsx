import type { DeadLetter, DeadLetters as Answer } from "../../../src/api/schemas/dead-letter.ts";
import { MOST_IDS } from "../../../src/api/schemas/most-ids.ts";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post, problemOf } from "../api.ts";
import { counted, duration } from "../format.ts";
import { AdviceOn } from "../parts/advice.tsx";

interface Shown {
  readonly isReading: boolean;
  readonly letters: readonly DeadLetter[];
  /** What happened last, in a sentence. */
  readonly said: string;
  readonly problem?: string;
}

const READING: Shown = { isReading: true, letters: [], said: "Reading; this takes some seconds …" };

/** What is left of the letters after a request to move some, and what came of it. */
function afterMove(letters: readonly DeadLetter[], answered: readonly DeadLetter[]): Shown {
  const byId = new Map(answered.map((letter) => [letter.id, letter]));
  const left = letters.flatMap((letter) => {
    const answer = byId.get(letter.id) ?? letter;
    return answer.redriven ? [] : [answer];
  });
  const moved = answered.filter(({ redriven }) => redriven).length;
  return { isReading: false, letters: left, said: `${counted(moved, "dead letter")} moved back to the queues.` };
}

async function readLetters(signal: AbortSignal): Promise<Shown> {
  try {
    const { selected } = await get<Answer>("api/dead-letters", signal);
    const said = selected.length === 0 ? "There are none." : `${counted(selected.length, "dead letter")}, by reason:`;
    return { isReading: false, letters: selected, said };
  } catch (error) {
    return { isReading: false, letters: [], said: "", problem: problemOf(error) };
  }
}

/** Moves letters back, if they are still there: letters that came after these were shown stay where they are. */
async function moveBack(chosen: readonly DeadLetter[]): Promise<(last: Shown) => Shown> {
  try {
    const body = { ids: chosen.map(({ id }) => id) };
    const { selected } = await post<Answer>("api/dead-letters/redrive", body, new AbortController().signal);
    return ({ letters }) => afterMove(letters, selected);
  } catch (error) {
    return (last) => ({ ...last, isReading: false, said: "", problem: problemOf(error) });
  }
}

/** Dead letters by their reason, and the way back. */
export function DeadLetters() {
  const [shown, setShown] = useState(READING);
  const [looks, setLooks] = useState(0);
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const ending = new AbortController();
    setShown(READING);
    void readLetters(ending.signal).then((read) => !ending.signal.aborted && setShown(read));
    return () => ending.abort();
  }, [looks]);

  async function redrive(chosen: readonly DeadLetter[]): Promise<void> {
    // The button that had the focus goes away with its letters.
    line.current?.focus();
    setShown(({ letters }) => ({ isReading: true, letters, said: "Moving them back …" }));
    setShown(await moveBack(chosen));
  }
  return (
    <section aria-labelledby="letters">
      <h2 id="letters">Dead letters</h2>
      <p class="detail">
        Copies that failed for good. Fix what their reason says, then move them back: they copy what the tag names by
        then.
      </p>
      <p ref={line} role="status" tabIndex={-1}>
        {shown.said}
      </p>
      {shown.problem !== undefined && (
        <p class="problem" role="alert">
          {shown.problem}
        </p>
      )}
      <Groups letters={shown.letters} redrive={redrive} />
      <button type="button" disabled={shown.isReading} onClick={() => setLooks((count) => count + 1)}>
        Look again
      </button>
    </section>
  );
}

interface GroupsProps {
  readonly letters: readonly DeadLetter[];
  readonly redrive: (chosen: readonly DeadLetter[]) => Promise<void>;
}

function Groups({ letters, redrive }: GroupsProps) {
  return [...Map.groupBy(letters, (letter) => `${letter.class}: ${letter.reason}`)].map(([name, group]) => (
    <Group key={name} name={name} letters={group} redrive={redrive} />
  ));
}

interface GroupProps {
  readonly name: string;
  readonly letters: readonly DeadLetter[];
  readonly redrive: (chosen: readonly DeadLetter[]) => Promise<void>;
}

const MOVE = "move";

function ask(dialog: HTMLDialogElement | null): void {
  if (dialog === null) return;
  // Escape closes it without an answer, and leaves the last one.
  dialog.returnValue = "";
  dialog.showModal();
}

function Group({ name, letters, redrive }: GroupProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = letters.slice(0, MOST_IDS);
  return (
    <article class="card">
      <h3>
        {name} ({letters.length})
      </h3>
      <AdviceOn reason={letters[0]?.reason} />
      <ul class="rows">
        {letters.map((letter) => (
          <LetterRow key={letter.id} letter={letter} />
        ))}
      </ul>
      <button type="button" onClick={() => ask(dialog.current)}>
        Move {chosen.length} back …
      </button>
      <dialog
        ref={dialog}
        aria-label={`move back: ${name}`}
        onClose={({ currentTarget: { returnValue } }) => {
          // By now the browser has given the focus back to the button.
          if (returnValue === MOVE) void redrive(chosen);
        }}
      >
        <p>
          Move {chosen.length} back to the queues? Each is copied again, as what its tag names by then. If the cause is
          still there, they come back here.
        </p>
        <form method="dialog" class="filters">
          <button type="submit">Leave them</button>
          <button type="submit" class="main" value={MOVE}>
            Move {chosen.length} back
          </button>
        </form>
      </dialog>
    </article>
  );
}

function LetterRow({ letter }: { readonly letter: DeadLetter }) {
  const { repository = "a message", reference = "", destination = "?", failedAt, error, problem } = letter;
  return (
    <li>
      <strong>
        {repository}
        {reference === "" ? "" : `:${reference}`}
      </strong>
      <span class="detail">
        to {destination}, {duration(Date.now() - failedAt)} ago
      </span>
      <p class="problem">{error}</p>
      {problem !== undefined && <p class="problem">Not moved: {problem}</p>}
    </li>
  );
}
