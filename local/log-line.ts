import * as z from "zod";

const Line = z.looseObject({ level: z.string(), message: z.string() });
const Fields = z.object({
  outcome: z.string().optional(),
  repository: z.string().optional(),
  reference: z.string().optional(),
  digest: z.string().optional(),
  reason: z.string().optional(),
  error: z.string().optional(),
  lagMs: z.number().optional(),
  blobsUploaded: z.number().optional(),
  blobsPresent: z.number().optional(),
  bytesUploaded: z.number().optional(),
});

/** What a person wants to know of a line of a function's log. */
export interface LogLine extends z.infer<typeof Fields> {
  readonly level: string;
  readonly message: string;
}

/** Reads a line of a function's log; undefined for metrics and for what is no JSON. */
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

/** A line for people, or undefined when it says nothing they need. */
export function describeLogLine(name: string, { level, message, ...line }: LogLine): string | undefined {
  const what = `${line.repository ?? "?"}${line.reference?.includes(":") ? "@" : ":"}${line.reference ?? "?"}`;
  if (line.outcome === "replicated") {
    const sent = `${line.blobsUploaded ?? 0} blobs, ${megabytes(line.bytesUploaded ?? 0)} sent, ${line.blobsPresent ?? 0} there already`;
    return `replicated ${what} ${line.digest ?? ""} (${sent}, ${((line.lagMs ?? 0) / 1_000).toFixed(1)} s after the push)`;
  }
  if (line.outcome !== undefined) {
    return `${line.outcome} ${what}${line.reason === undefined ? "" : `: ${line.reason}`}${line.error === undefined ? "" : ` (${line.error})`}`;
  }
  return level === "WARN" || level === "ERROR"
    ? `${name}: ${message}${line.error === undefined ? "" : `: ${line.error}`}`
    : undefined;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
