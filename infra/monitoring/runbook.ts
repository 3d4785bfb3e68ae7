import { readFileSync } from "node:fs";
import { ROOT } from "../functions/bundle.ts";

/** The longest description of an alarm, in characters (CloudWatch API, PutMetricAlarm). */
const DESCRIPTION_MAX = 1_024;

/** An alarm description: what happened, and what to do. Links to the published runbook, or contains its text if it is not published. */
export function describeAlarm(summary: string, heading: string, runbookUrl: string | undefined): string {
  if (runbookUrl !== undefined) return `${summary} What to do: ${runbookUrl}#${anchorOf(heading)}`;
  const text = `${summary} What to do ("${heading}" in the runbook): ${sectionOf(heading)}`;
  return text.length <= DESCRIPTION_MAX ? text : `${text.slice(0, DESCRIPTION_MAX - 1)}…`;
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, "")
    .replaceAll(" ", "-");
}

/** A section of docs/operate/runbook.md as one line of plain text. @throws {Error} when it does not exist. */
function sectionOf(heading: string): string {
  const sections = readFileSync(`${ROOT}docs/operate/runbook.md`, "utf8").split(/^## /m);
  const found = sections.find((section) => section.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`docs/operate/runbook.md has no section "${heading}"`);
  return found
    .slice(heading.length)
    .replaceAll(/\*\*|`/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
