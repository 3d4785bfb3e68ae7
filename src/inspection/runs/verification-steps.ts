import { concurrently } from "../../async/run-concurrently.ts";
import { COPY_REQUEST_VERSION } from "../../replication/planning/copy-request.ts";
import type { CopyRequest } from "../../replication/planning/copy-request.ts";
import type { SourceImage } from "../../replication/reconcile/source-catalog.ts";
import { referenceOf } from "../../replication/reconcile/source-catalog.ts";
import { createComparer, selectRepositories } from "../plan/compare-all.ts";
import type { PlanContext } from "../plan/plan-context.ts";
import type { DeletesCase } from "../plan/plan-deletes.ts";
import { nameOf } from "../plan/plan-repository.ts";
import type { PlanSink } from "../plan/plan-repository.ts";
import { createSample } from "../verify/sample.ts";
import { equalImages, openVerification } from "../verify/verify-equal.ts";
import type { RunningInspection, Step } from "./inspection-record.ts";
import { addFailure, noFailures } from "./plan-result.ts";
import { repositorySteps } from "./repository-steps.ts";
import { createFaultSink, noteCompared } from "./verification-faults.ts";
import { emptyVerified } from "./verification-result.ts";
import type { VerificationResult } from "./verification-result.ts";

/** What a verification of a job may ask for. */
export interface VerificationScope {
  readonly repository?: string | undefined;
  readonly samplePercent?: number | undefined;
  readonly repair?: boolean | undefined;
  /** Queues requests of low priority. @throws when one of them is not queued. */
  readonly send: (requests: readonly CopyRequest[], signal: AbortSignal) => Promise<void>;
  readonly describe: (error: unknown) => string;
}

/** Images whose content is compared at once, of each repository. */
const CONCURRENT_IMAGES = 8;

/**
 * Verifies repository by repository, in the order of their names. What the plan of a repository would copy is a fault; what the listings show
 * as equal is compared to the last blob. Copies of both are requested where that is asked for.
 */
export async function* verificationSteps(
  inspection: RunningInspection,
  { repository: only, samplePercent = 100, repair = false, send, describe }: VerificationScope,
  context: PlanContext,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const isAsked = (name: string): boolean => only === undefined || name === only;
  const { selected } = await selectRepositories(context, isAsked, signal);
  const result = resultOf(inspection, context);
  const requests: CopyRequest[] = [];
  const request = (about: Pick<CopyRequest, "destination" | "repository" | "reference">, isDeep: boolean): void => {
    if (!repair) return;
    const id = `verify-${inspection.run}`.slice(0, 128);
    requests.push({ version: COPY_REQUEST_VERSION, id, pushedAt: 0, ...about, ...(isDeep ? { repair: true } : {}) });
    verifiedOf(about.destination, result).requested++;
  };
  const failed = (name: string, error: unknown): void => addFailure(result.failed, name, describe(error));
  const sinkOf = (destination: string): PlanSink =>
    createFaultSink(verifiedOf(destination, result), {
      failed,
      request: ({ repository, reference }) => request({ destination, repository, reference }, false),
    });
  const isSampled = createSample(samplePercent, inspection.run);
  const verify = async ({ place, found }: DeletesCase, own: PlanContext, working: AbortSignal): Promise<void> => {
    const { destination, repository } = place;
    const verified = verifiedOf(destination, result);
    const equal = equalImages(found);
    const sampled = equal.filter((image) => isSampled(`${place.scope} ${nameOf(place, image)}`));
    verified.tags.notSampled += equal.length - sampled.length;
    const compare = openVerification(place, found, own);
    const verifyOne = async (image: SourceImage, comparing: AbortSignal): Promise<void> => {
      const name = nameOf(place, image);
      try {
        const isFaulty = noteCompared(verified, name, await compare(image, comparing));
        if (isFaulty) request({ destination, repository, reference: referenceOf(image) }, true);
      } catch (error) {
        comparing.throwIfAborted();
        verified.tags.unknown++;
        failed(name, error);
      }
    };
    await concurrently(sampled, CONCURRENT_IMAGES, verifyOne, working);
  };
  const found = async (sending: AbortSignal): Promise<VerificationResult> => {
    // Before the step is recorded: a copy is rather requested twice than never.
    await send(requests.splice(0), sending);
    return structuredClone(result);
  };
  const work = { inspect: createComparer(context, sinkOf, verify), failed: addTo(result), found };
  yield* repositorySteps(selected, inspection, work, signal);
}

function addTo({ failed }: VerificationResult) {
  return (name: string, problem: string): void => addFailure(failed, name, problem);
}

function resultOf({ result }: RunningInspection, { configuration }: PlanContext): VerificationResult {
  if (result?.kind === "verification") return structuredClone(result);
  const destinations = configuration.destinations.map(({ name }) => emptyVerified(name));
  return { kind: "verification", destinations, failed: noFailures() };
}

function verifiedOf(destination: string, { destinations }: VerificationResult) {
  const known = destinations.find((each) => each.destination === destination);
  if (known !== undefined) return known;
  const added = emptyVerified(destination);
  destinations.push(added);
  return added;
}
