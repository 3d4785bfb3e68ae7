import type { Terminal } from "../../terminal/terminal.ts";
import type { ImageResult } from "../copy-image.ts";
import { reportCopy } from "./report-copy.ts";
import { reportPlan } from "./report-plan.ts";

/** Prints how the copy of one image ended, or what a dry run has planned. */
export function reportImage(result: ImageResult, terminal: Terminal): void {
  if (result.outcome === "planned") reportPlan(result.subject, result.plan, terminal);
  else reportCopy(result.subject, result, terminal);
}
