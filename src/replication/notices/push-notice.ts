import { isDigest } from "../../oci/digest.ts";
import type { EventDetail } from "../pending/announcement.ts";
import { oneLine } from "./notice.ts";
import type { Notice, NoticeKind } from "./notice.ts";

const SIGNS = { failed: "🔴", late: "🟠", quarantined: "🟡", recovered: "🟢" } as const;

/** The notice of an event about a push; undefined for an event that no channel is told. */
export function pushNotice(event: EventDetail): Notice | undefined {
  const kind = kindOf(event);
  if (kind === undefined) return undefined;
  const { id, destination, repository, reference, rule, reason, type } = event;
  return {
    id,
    kind,
    subject: `${destination}/${repository}:${reference}`,
    at: Date.parse(event.at),
    title: oneLine(`${SIGNS[kind]} ${nameOf(event)} ${whatHappened(event, kind)}`),
    lines: linesOf(event, kind).map(oneLine),
    group: oneLine([`${kind} at ${destination}`, rule && `rule ${rule}`, reason].filter(Boolean).join(", ")),
    push: { destination, repository, reference, ...(rule === undefined ? {} : { rule }) },
    ...(type === "LateArrived" ? { followsProblem: true } : {}),
    data: { ...event },
  };
}

function kindOf({ type, outcome }: EventDetail): Exclude<NoticeKind, "alarm"> | undefined {
  switch (type) {
    case "Failed":
      return "failed";
    case "Late":
      return "late";
    case "Replicated":
    case "LateArrived":
    case "Repaired":
      return "recovered";
    case "Skipped":
      return outcome === "quarantined" ? "quarantined" : undefined;
  }
}

function whatHappened({ destination, lagSeconds }: EventDetail, kind: Exclude<NoticeKind, "alarm">): string {
  switch (kind) {
    case "failed":
      return `failed at ${destination}`;
    case "late":
      return `is late at ${destination}: pushed ${minutes(lagSeconds)} ago`;
    case "quarantined":
      return `is quarantined: it does not leave the source for ${destination}`;
    case "recovered":
      return `has arrived at ${destination}`;
  }
}

function minutes(seconds: number): string {
  const whole = Math.floor(seconds / 60);
  return whole === 1 ? "1 minute" : `${whole} minutes`;
}

/** An image as people write it. */
function nameOf({ repository, reference }: EventDetail): string {
  return isDigest(reference) ? `${repository}@${reference}` : `${repository}:${reference}`;
}

function linesOf(event: EventDetail, kind: NoticeKind): string[] {
  const { reason, rule, error, request, stack, at } = event;
  return [
    ...(reason === undefined ? [] : [`reason: ${reason}`]),
    ...(error === undefined ? [] : [error]),
    ...(rule === undefined ? [] : [`rule: ${rule}`]),
    ...(kind === "recovered" ? [] : [`more: freightliner status --stack ${stack} ${nameOf(event)}`]),
    `request ${request} of ${stack}, ${at}`,
  ];
}
