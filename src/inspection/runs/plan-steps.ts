import { createComparer, selectRepositories } from "../plan/compare-all.ts";
import type { PlanContext } from "../plan/plan-context.ts";
import type { PlanWriter } from "../plan/plan-line.ts";
import { costOf } from "../cost/plan-cost.ts";
import type { DestinationSummary } from "../plan/plan-summary.ts";
import { sharesBlobsOf } from "../plan/placement.ts";
import { createPlanRecorder } from "../plan/plan-recorder.ts";
import type { RunningInspection, Step } from "./inspection-record.ts";
import { addFailure, emptyPlan } from "./plan-result.ts";
import type { PlanResult } from "./plan-result.ts";
import { repositorySteps } from "./repository-steps.ts";

/** What a plan of a job may ask for. */
export interface PlanScope {
  readonly repository?: string | undefined;
  readonly describe: (error: unknown) => string;
}

/** Plans repository by repository, in the order of their names, as many at once as the command does. */
export async function* planSteps(
  inspection: RunningInspection,
  { repository: only, describe }: PlanScope,
  context: PlanContext,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const isAsked = (name: string): boolean => only === undefined || name === only;
  const { selected, unselected } = await selectRepositories(context, isAsked, signal);
  const before = inspection.result?.kind === "plan" ? inspection.result : emptyPlan();
  const ports = { writer: NO_FILE, sharesBlobs: sharesBlobsOf(context.configuration), before: before.destinations };
  const recorder = createPlanRecorder(context, ports);
  const compare = createComparer(context, recorder.sinkOf);
  const withoutRule = { count: unselected.length, samples: unselected.slice(0, NAMES_KEPT) };
  const failed = structuredClone(before.failed);
  const noteFailed = (name: string, problem: string): void => addFailure(failed, name, problem);
  let noted = 0;
  const found = (): PlanResult => {
    for (const { name, error } of recorder.failures.slice(noted)) noteFailed(name, describe(error));
    noted = recorder.failures.length;
    // What is recorded must not change with what is found next.
    return structuredClone({
      kind: "plan" as const,
      destinations: [...recorder.summaries.values()],
      costs: costsOf([...recorder.summaries.values()], context),
      withoutRule,
      failed,
    });
  };
  const work = { inspect: compare, failed: noteFailed, found: () => Promise.resolve(found()) };
  yield* repositorySteps(selected, inspection, work, signal);
}

function costsOf(
  summaries: readonly DestinationSummary[],
  { configuration: { source, destinations } }: PlanContext,
): PlanResult["costs"] {
  return summaries.flatMap((summary) => {
    const { destination } = summary;
    const known = destinations.find(({ name }) => name === destination);
    if (known === undefined) return [];
    const { requestsPerSecond } = known;
    return [{ destination, ...costOf(summary, { source, requestsPerSecond, path: "internet" }) }];
  });
}

const NAMES_KEPT = 5;
const nothing = (): Promise<void> => Promise.resolve();
const NO_FILE: PlanWriter = { write: () => undefined, flush: nothing, keep: nothing, discard: nothing };
