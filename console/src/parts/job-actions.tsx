import { useState } from "preact/hooks";
import { post, problemOf } from "../api.ts";

/** Starts a run, or ends the one that is under way, and says what the API has answered. */
export function JobActions({ name, isRunning }: { readonly name: string; readonly isRunning: boolean }) {
  const [said, setSaid] = useState("");
  async function ask(verb: "run" | "cancel", answer: string): Promise<void> {
    setSaid("…");
    const { signal } = new AbortController();
    setSaid(await post(`api/jobs/${encodeURIComponent(name)}/${verb}`, {}, signal).then(() => answer, problemOf));
  }
  return (
    <p class="actions">
      <button
        type="button"
        aria-label={`run now: ${name}`}
        aria-disabled={isRunning}
        onClick={() => !isRunning && void ask("run", "It begins.")}
      >
        Run now
      </button>
      {isRunning && (
        <button
          type="button"
          aria-label={`cancel ${name}`}
          onClick={() => void ask("cancel", "It ends within 15 seconds.")}
        >
          Cancel
        </button>
      )}
      <span class="detail" aria-live="polite">
        {said}
      </span>
    </p>
  );
}
