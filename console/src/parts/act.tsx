import { useState } from "preact/hooks";
import { post, problemOf } from "../api.ts";

interface ActProps {
  /** What it does, for people who hear the page. */
  readonly label: string;
  readonly text: string;
  readonly path: string;
  readonly body: object;
  /** What is said once it was asked for. */
  readonly done: string;
}

/** A button that asks the API for something, and says what came of it. */
export function Act({ label, text, path, body, done }: ActProps) {
  const [said, setSaid] = useState("");
  async function act(): Promise<void> {
    try {
      await post(path, body, new AbortController().signal);
      setSaid(done);
    } catch (error) {
      setSaid(problemOf(error));
    }
  }
  return (
    <>
      <button type="button" onClick={() => void act()} aria-label={label}>
        {text}
      </button>{" "}
      <span class="detail" aria-live="polite">
        {said}
      </span>
    </>
  );
}
