import type { Destination, Status } from "../../../src/api/schemas/status.ts";
import { useState } from "preact/hooks";
import { post, problemOf } from "../api.ts";
import { counted, duration } from "../format.ts";
import { Digest } from "../parts/copy-text.tsx";
import { CancelledCopies, PausedRepositories } from "../parts/holds.tsx";
import { Nothing } from "../parts/notice.tsx";
import { RunningCopy } from "../parts/progress.tsx";
import { TagLink } from "../parts/tag-link.tsx";
import { addressOf } from "../use-route.ts";
import { describeDestination } from "../words.ts";

/** Tags shown in one list of the overview. */
const SHOWN = 12;

/** What needs a person, what runs, and where it goes. */
export function Overview({ status }: { readonly status: Status }) {
  const { behind, destinations } = status;
  return (
    <>
      <Troubled status={status} />
      <PausedRepositories paused={status.pausedRepositories} />
      <Running behind={behind} />
      <CancelledCopies cancelled={behind.filter(({ state }) => state === "cancelled").slice(0, SHOWN)} />
      <section aria-labelledby="destinations">
        <h2 id="destinations">Destinations</h2>
        <ul class="cards">
          {destinations.map((destination) => (
            <DestinationCard key={destination.name} destination={destination} />
          ))}
        </ul>
      </section>
      <Arrived status={status} />
      <Comparisons status={status} />
    </>
  );
}

function Running({ behind }: Pick<Status, "behind">) {
  const running = behind.filter(({ state }) => state === "copying");
  const waiting = behind.filter(({ state }) => state === "waiting");
  return (
    <section aria-labelledby="running">
      <h2 id="running">Running copies</h2>
      {running.length === 0 ? (
        <Nothing>No copy runs.</Nothing>
      ) : (
        <ul class="rows">
          {running.slice(0, SHOWN).map((tag) => (
            <RunningCopy key={tag.key} tag={tag} />
          ))}
        </ul>
      )}
      {waiting.length > 0 && (
        <p class="detail">
          <a href={addressOf("tags", "waiting")}>{counted(waiting.length, "tag waits", "tags wait")} for a copy</a>, the
          longest for {duration(Math.max(...waiting.map(({ lagMs }) => lagMs)))}.
        </p>
      )}
    </section>
  );
}

function Arrived({ status: { arrived, at } }: { readonly status: Status }) {
  return (
    <section aria-labelledby="arrived">
      <h2 id="arrived">Arrived last</h2>
      {arrived.length === 0 ? (
        <Nothing>Nothing has arrived yet. Push an image to the source.</Nothing>
      ) : (
        <ul class="rows">
          {arrived.map((tag) => (
            <li key={tag.key}>
              <TagLink tag={tag.key} />
              <Digest digest={tag.digest} />
              <span class="detail">{duration(at - tag.at)} ago</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Comparisons({ status: { comparisons, at } }: { readonly status: Status }) {
  const stateOf = ({ startedAt, finishedAt }: Status["comparisons"][number]): string => {
    if (startedAt === undefined) return "not run yet";
    return finishedAt === undefined ? `runs for ${duration(at - startedAt)}` : `ended ${duration(at - finishedAt)} ago`;
  };
  return (
    <section aria-labelledby="comparisons">
      <h2 id="comparisons">Comparisons of both ends</h2>
      <ul class="rows">
        {comparisons.map((comparison) => (
          <li key={comparison.name}>
            <strong>{comparison.name}</strong>
            <span class="detail">
              {comparison.begins} · {stateOf(comparison)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** States of tags that need a person. */
const TROUBLED = ["failed", "quarantined"] as const;

function Troubled({ status: { behind, tags: counts, deadLetters } }: { readonly status: Status }) {
  const troubled = behind.filter(({ state }) => TROUBLED.some((each) => each === state)).slice(0, SHOWN);
  const more = TROUBLED.map((state) => {
    const shown = troubled.filter((tag) => tag.state === state).length;
    return { state, count: counts[state] - shown };
  }).filter(({ count }) => count > 0);
  if (troubled.length + more.length + deadLetters === 0) return null;
  return (
    <section aria-labelledby="troubled" class="troubled">
      <h2 id="troubled">Needs you</h2>
      <ul class="rows">
        {troubled.map(({ key, state, outcome = state, lagMs }) => (
          <li key={key}>
            <TagLink tag={key} />
            <span class={`state ${state}`}>{outcome}</span>
            <span class="detail">pushed {duration(lagMs)} ago</span>
          </li>
        ))}
      </ul>
      {more.map(({ state, count }) => (
        <p key={state}>
          <a href={addressOf("tags", state)}>
            {count} more {state}
          </a>
        </p>
      ))}
      {deadLetters > 0 && (
        <p>
          <a href={addressOf("letters")}>See why, and move them back</a> after you have fixed it.
        </p>
      )}
    </section>
  );
}

function DestinationCard({ destination }: { readonly destination: Destination }) {
  const { name, circuit, queues } = destination;
  const isHeld = queues.state === "held";
  // What is said about a change is true until the change is seen.
  const [said, setSaid] = useState<{ readonly text: string; readonly isHeld: boolean }>();
  async function change(): Promise<void> {
    try {
      const verb = isHeld ? "resume" : "pause";
      await post(`api/destinations/${encodeURIComponent(name)}/${verb}`, {}, new AbortController().signal);
      setSaid({ text: "It will be done within a minute.", isHeld });
    } catch (error) {
      setSaid({ text: problemOf(error), isHeld });
    }
  }
  return (
    <li class={circuit.state === "closed" ? "card" : "card bad"}>
      <h3>{name}</h3>
      {describeDestination(destination).map((line) => (
        <p key={line}>{line}</p>
      ))}
      <button type="button" onClick={() => void change()} aria-label={`${isHeld ? "resume" : "pause"} ${name}`}>
        {isHeld ? "Resume" : "Pause"}
      </button>{" "}
      <span class="detail" aria-live="polite">
        {said?.isHeld === isHeld && said.text}
      </span>
    </li>
  );
}
