import type { Destination, Status } from "../../src/api/schemas/status.ts";
import { bytes, counted, duration } from "./format.ts";

/** What the first line says, and how it is to be understood. */
export interface Verdict {
  readonly tone: "good" | "busy" | "bad";
  readonly text: string;
}

/** The state of a stack in one sentence. */
export function verdictOf(status: Status): Verdict {
  const { tone, text } = tagsInWords(status);
  const closed = [...status.destinations.flatMap(closedInWords), ...pausedInWords(status)];
  if (closed.length === 0) return { tone, text };
  return { tone: tone === "good" ? "busy" : tone, text: `${text}; ${closed.join(", ")}` };
}

function tagsInWords({ tags, deadLetters, destinations }: Status): Verdict {
  const late = destinations.reduce((sum, { pending }) => sum + pending.late, 0);
  const need = tags.failed + tags.quarantined + late;
  if (need > 0 || deadLetters > 0) {
    const what = [
      [tags.failed, "failed"],
      [tags.quarantined, "quarantined"],
      [late, "late"],
    ] as const;
    const parts = what.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
    if (deadLetters > 0) parts.push(counted(deadLetters, "dead letter"));
    const subject = need === 0 ? "Dead letters need you" : `${counted(need, "tag")} need${need === 1 ? "s" : ""} you`;
    return { tone: "bad", text: `${subject}: ${parts.join(", ")}` };
  }
  const open = tags.copying + tags.waiting;
  if (open > 0) return { tone: "busy", text: `${counted(open, "tag")} on the way, ${tags.equal} up to date` };
  if (tags.all === 0) return { tone: "good", text: "No tag was pushed yet" };
  return { tone: "good", text: `All ${counted(tags.equal, "tag")} up to date` };
}

function pausedInWords({ pausedRepositories: paused }: Status): string[] {
  return paused.length === 0 ? [] : [`${counted(paused.length, "repository is", "repositories are")} paused`];
}

/** Why a destination accepts no copies, or only a few; nothing when it accepts all. */
function closedInWords({ name, circuit, queues }: Destination): string[] {
  if (queues.state === "held") return [`${name} is paused`];
  if (circuit.state === "open") return [`${name} is unavailable`];
  return circuit.state === "half-open" ? [`${name} is tried again`] : [];
}

const CIRCUITS = {
  closed: "accepts copies",
  open: "is unavailable: copies wait, and nothing is lost",
  "half-open": "is tried again with a few copies",
} as const;

/** Messages of comparisons and of manifests without tags are among them: there may be some when no push is pending. */
function queuesInWords(depths: Destination["queues"]["depths"]): string {
  const parts = depths.flatMap(({ priority, waiting, inFlight }) => {
    if (waiting + inFlight === 0) return [];
    const now = inFlight === 0 ? "" : ` and ${inFlight} in flight`;
    return [`${counted(waiting, "message")} waiting${now} (${priority})`];
  });
  return parts.length === 0 ? "Its queues are empty." : `In its queues: ${parts.join(", ")}.`;
}

/** A destination in words. */
export function describeDestination({ circuit, queues, pending, requestsPerSecond }: Destination): string[] {
  const lines: string[] = [];
  const since =
    circuit.since === undefined || circuit.state === "closed" ? "" : `, since ${duration(Date.now() - circuit.since)}`;
  lines.push(`It ${CIRCUITS[circuit.state]}${since}.`);
  if (queues.state === "held") lines.push(`${queues.by ?? "An operator"} has paused it: pushes wait.`);
  else if (queues.state !== "full") lines.push(`Its queues are ${queues.state}.`);
  if (pending.copies === 0) lines.push("No push is pending.");
  else {
    const size = pending.bytes === 0 ? "" : `, ${bytes(pending.bytes)}`;
    const late = pending.late === 0 ? "" : `, ${pending.late} late`;
    lines.push(
      `${counted(pending.copies, "push", "pushes")} pending${size}, the oldest for ${duration(pending.oldestMs)}${late}.`,
    );
  }
  lines.push(queuesInWords(queues.depths));
  if (requestsPerSecond !== undefined) lines.push(`At most ${Math.round(requestsPerSecond)} requests a second.`);
  return lines;
}
