import { ExitCode } from "../errors/exit-code.ts";
import { reportFailure } from "../terminal/report-failure.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { compareAll } from "../../src/inspection/plan/compare-all.ts";
import { sharesBlobsOf } from "../../src/inspection/plan/placement.ts";
import { costOf, hasChanges } from "../../src/inspection/cost/plan-cost.ts";
import { openPlan } from "./open-plan.ts";
import type { PlanContext } from "../../src/inspection/plan/plan-context.ts";
import { createPlanWriter } from "./plan-file.ts";
import type { PlanWriter } from "../../src/inspection/plan/plan-line.ts";
import type { RawPlanOptions } from "./plan-options.ts";
import { createPlanRecorder } from "../../src/inspection/plan/plan-recorder.ts";
import type { PlanRecorder } from "../../src/inspection/plan/plan-recorder.ts";
import { describeDestination } from "./report/describe-plan.ts";

/**
 * Runs `freightliner plan`: compares source and destinations, prints what would be copied and deleted, what stays and why, and what that takes.
 * Writes nothing to a registry or to a stack. @returns 0 without changes, 1 when something could not be compared, 2 with changes.
 */
export async function plan(given: RawPlanOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { all, parallel, out } = given;
  await using opened = await openPlan(given, terminal, signal);
  const context: PlanContext = { ...opened.context, all, parallel };
  const writer = out === undefined ? NO_FILE : createPlanWriter(out);
  try {
    const recorder = createPlanRecorder(context, { writer, sharesBlobs: sharesBlobsOf(context.configuration) });
    const unselected = await compareAll(context, given.repository, recorder.sinkOf, signal);
    recorder.end();
    await writer.keep();
    return await report(recorder, unselected, { given, context }, terminal);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

const done = (): Promise<void> => Promise.resolve();
const NO_FILE: PlanWriter = { write: () => undefined, flush: done, keep: done, discard: done };

async function report(
  { summaries, failures, empty }: PlanRecorder,
  unselected: readonly string[],
  { given, context }: { readonly given: RawPlanOptions; readonly context: PlanContext },
  terminal: Terminal,
): Promise<ExitCode> {
  const { source, destinations } = context.configuration;
  const costs = new Map(
    destinations.map(({ name, requestsPerSecond }) => [
      name,
      costOf(summaries.get(name) ?? empty(name), { source, requestsPerSecond, path: given.path }),
    ]),
  );
  const known = [...summaries.values()];
  const isChanged = known.some(hasChanges);
  if (terminal.json) {
    terminal.out.json({
      configuration: context.configuration.version,
      destinations: known.map((summary) => ({ ...summary, cost: costs.get(summary.destination) })),
      repositoriesWithoutRule: unselected,
      failed: failures.length,
      changes: isChanged,
    });
  } else {
    const lines = known.map((summary) => {
      const cost = costs.get(summary.destination);
      return cost === undefined ? [] : describeDestination(summary, cost, context.now());
    });
    terminal.out.lines([...lines.flat(), ...describeUnselected(unselected), ...describeEnd(given, isChanged, context)]);
  }
  for (const { name, error } of failures.slice(0, FAILURES_SHOWN))
    await reportFailure(error, terminal, `${name} cannot be compared`);
  if (failures.length > FAILURES_SHOWN)
    terminal.err.lines([`freightliner: and ${failures.length - FAILURES_SHOWN} more`]);
  if (failures.length > 0) return ExitCode.failed;
  return isChanged ? ExitCode.changes : ExitCode.ok;
}

const FAILURES_SHOWN = 10;
const NAMES_SHOWN = 5;

function describeUnselected(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  return [
    `no rule is for ${names.length} of the source's repositories: ${shown}${names.length > NAMES_SHOWN ? ", ..." : ""}`,
  ];
}

function describeEnd({ out }: RawPlanOptions, isChanged: boolean, { stack }: PlanContext): string[] {
  const records =
    stack === undefined
      ? "; without --stack or --local, nothing is known of earlier copies, and no deletes are planned"
      : "";
  if (!isChanged) return [`nothing to do; nothing was written${records}`];
  const next =
    out === undefined
      ? "; --out FILE keeps the plan for freightliner apply"
      : `; freightliner apply ${out}, with the same configuration and stack, carries it out`;
  return [`nothing was written${next}${records}`];
}
