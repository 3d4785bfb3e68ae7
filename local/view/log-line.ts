import * as z from "zod";

const Line = z.looseObject({ level: z.string(), message: z.string() });
const Fields = z.object({
  outcome: z.string().optional(),
  repository: z.string().optional(),
  destination: z.string().optional(),
  reference: z.string().optional(),
  digest: z.string().optional(),
  reason: z.string().optional(),
  error: z.string().optional(),
  lagMs: z.number().optional(),
  blobsUploaded: z.number().optional(),
  blobsPresent: z.number().optional(),
  bytesUploaded: z.number().optional(),
  asked: z.number().optional(),
  missed: z.number().optional(),
});

/** The fields of a function's log line that the live view shows. */
export interface LogLine extends z.infer<typeof Fields> {
  readonly level: string;
  readonly message: string;
}

/** Parses a line of a function's log; undefined for metrics and for lines that are not JSON. */
export function parseLogLine(text: string): LogLine | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const line = Line.safeParse(document).data;
  if (line === undefined) return undefined;
  return { ...Fields.safeParse(document).data, level: line.level, message: line.message };
}

/** The text for the live view; undefined when the line is of no interest to the user. */
export function describeLogLine(name: string, line: LogLine): string | undefined {
  const error = line.error === undefined ? "" : ` (${line.error})`;
  if (line.outcome === "replicated") return describeReplicated(line);
  if (line.asked !== undefined) return describeComparison(line);
  const known = describeMessage(line);
  if (known !== undefined) return known;
  if (line.outcome !== undefined && line.reference !== undefined) {
    return `${line.outcome} ${nameOf(line)}${line.reason === undefined ? "" : `: ${line.reason}`}${error}`;
  }
  return line.level === "WARN" || line.level === "ERROR"
    ? `${name}: ${line.message}${placeOf(line)}${error}`
    : undefined;
}

/** What a warning is about; empty where its message says it. */
function placeOf({ repository, destination }: LogLine): string {
  const place = [repository, destination].filter((part) => part !== undefined).join(" to ");
  return place === "" ? "" : `: ${place}`;
}

/** A comparison of source and target; undefined when they are equal. */
function describeComparison({ asked = 0, missed = 0 }: LogLine): string | undefined {
  if (asked === 0) return undefined;
  const queued = asked === 1 ? "1 tag differs and is queued" : `${asked} tags differ and are queued`;
  return missed === 0 ? `compared: ${queued}` : `compared: ${queued}; no event had told of ${missed}`;
}

/** A line that its message tells apart: the end of a tombstone, or a canary that was found at its destination. */
function describeMessage(line: LogLine): string | undefined {
  const { message, destination = "?", lagMs = 0 } = line;
  if (message === "Canary arrived")
    return `the canary arrived at ${destination}, ${(lagMs / 1_000).toFixed(1)} s after its push`;
  const [, ended, why = ""] = /^Tombstone ended: (\w+)(: .+)?$/.exec(message) ?? [];
  return ended === undefined ? undefined : `${ended} ${nameOf(line)}${why}`;
}

function describeReplicated(line: LogLine): string {
  const { digest = "", blobsUploaded = 0, blobsPresent = 0, bytesUploaded = 0, lagMs = 0 } = line;
  const sent = `${blobsUploaded} blobs, ${(bytesUploaded / 1_000_000).toFixed(1)} MB sent, ${blobsPresent} already present`;
  return `replicated ${nameOf(line)} ${digest.slice(0, 19)} (${sent}, ${(lagMs / 1_000).toFixed(1)} s after the push)`;
}

/** `repository:tag`, or `repository@sha256:` and the digest's first digits. */
function nameOf({ repository = "?", reference = "?" }: LogLine): string {
  return reference.includes(":") ? `${repository}@${reference.slice(0, 19)}` : `${repository}:${reference}`;
}
