import type { LastOutcome } from "./outcome.ts";

/** How the last request of a tag ended. */
interface Ended {
  readonly last?: LastOutcome | undefined;
}

export function isFailed({ last }: Ended): boolean {
  return last?.outcome === "failed";
}

export function isSkipped({ last }: Ended): boolean {
  return last?.outcome === "skipped";
}

/** There was nothing to copy: the target had the image. */
export function isUnchanged({ last }: Ended): boolean {
  return last?.outcome === "unchanged" || last?.outcome === "superseded";
}
