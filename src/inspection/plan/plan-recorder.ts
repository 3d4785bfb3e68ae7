import type { RepositoryName } from "../../oci/reference.ts";
import type { Login } from "../../contract/providers/provider.ts";
import type { CopyPlan } from "../content/copy-plan.ts";
import type { PlanContext } from "./plan-context.ts";
import type { FileManifest, PlanLine, PlannedCopy, PlanWriter } from "./plan-line.ts";
import { isAttached } from "./plan-image.ts";
import type { PlannedImage } from "./plan-image.ts";
import type { SinkOf } from "./compare-all.ts";
import type { PlanSink } from "./plan-repository.ts";
import { createPlacement } from "./placement.ts";
import { addChange, addSkip, emptySummary, LINES } from "./plan-summary.ts";
import type { DestinationSummary, Failure } from "./plan-summary.ts";
import { addCopy } from "./plan-totals.ts";

/** Writes the lines of a plan, and sums them up. Lines are written in the order in which they are found, and carried out in that order. */
export interface PlanRecorder {
  readonly summaries: ReadonlyMap<string, DestinationSummary>;
  readonly failures: readonly Failure[];
  readonly sinkOf: SinkOf;
  readonly empty: (destination: string) => DestinationSummary;
  /** Writes the last line. */
  end(): void;
}

export interface RecorderPorts {
  readonly writer: PlanWriter;
  readonly sharesBlobs: (destination: string, one: RepositoryName, other: RepositoryName) => boolean;
  /** What earlier invocations have found: the sums go on from there. */
  readonly before?: readonly DestinationSummary[] | undefined;
}

export function createPlanRecorder(
  { configuration, stack, now }: Pick<PlanContext, "configuration" | "stack" | "now">,
  { writer, sharesBlobs, before = [] }: RecorderPorts,
): PlanRecorder {
  const placement = createPlacement(sharesBlobs);
  const summaries = summariesOf(configuration, before);
  const failures: Failure[] = [];
  const put = createKnownPuts();
  const opened = new Set<string>();
  const logins = new Map(configuration.destinations.map(({ name, access }) => [name, loginRequests(access.login)]));
  const named = stack === undefined ? {} : { stack };
  writer.write({ kind: "plan", version: 1, at: now(), configuration: configuration.version, ...named });

  function recordCopy(summary: DestinationSummary, { line, plan, own }: Extract<PlannedImage, { kind: "copy" }>): void {
    const earlier = put(line);
    // An attachment that a rule selects by itself came with its image.
    if (plan.batches.flat().every(({ reference }) => earlier.has(reference))) return;
    const blobs = placement.place(line.destination, line.to, plan.blobs);
    const manifests = manifestsOf(plan, own, earlier);
    const copy: PlannedCopy = { ...line, blobs, manifests };
    const attached = plan.batches.flat().flatMap(({ manifest }) => (isAttached(manifest) ? [manifest.digest] : []));
    addCopy(summary.totals, copy, new Set(attached));
    const repository = `${line.destination}/${line.to}`;
    if (!opened.has(repository)) summary.totals.requests.target += logins.get(line.destination) ?? 0;
    opened.add(repository);
    const bytes = blobs.reduce((sum, { how, size, again }) => sum + (how === "send" && again !== true ? size : 0), 0);
    addChange(summary, line, bytes);
    if (summary.copies.length < LINES) summary.copies.push({ ...line, bytes });
    writer.write(copy);
  }

  return {
    summaries,
    failures,
    empty: emptySummary,
    sinkOf(destination) {
      const summary = summaries.get(destination) ?? emptySummary(destination);
      return {
        ...sinkTo(summary, writer),
        copy: (planned) => recordCopy(summary, planned),
        failed: (name, error) => void failures.push({ name, error }),
      };
    },
    end: () => writer.write(endOf([...summaries.values()])),
  };
}

function endOf(summaries: readonly DestinationSummary[]): PlanLine {
  const sum = (field: "copies" | "deletes"): number =>
    summaries.reduce((total, { totals }) => total + totals[field], 0);
  return { kind: "end", copies: sum("copies"), deletes: sum("deletes") };
}

/** The summaries of all destinations, with what is known of them. */
function summariesOf(
  { destinations }: PlanContext["configuration"],
  before: readonly DestinationSummary[],
): Map<string, DestinationSummary> {
  const known = new Map(before.map((summary) => [summary.destination, structuredClone(summary)]));
  return new Map(destinations.map(({ name }) => [name, known.get(name) ?? emptySummary(name)]));
}

/** What needs nothing but the summary of a destination. */
function sinkTo(summary: DestinationSummary, writer: PlanWriter): Omit<PlanSink, "copy" | "failed"> {
  return {
    skip: (name, skip, bytes = 0) => addSkip(summary, name, skip, bytes),
    equal: (count) => void (summary.equal.images += count),
    remove(planned) {
      summary.totals.deletes++;
      addChange(summary, { rule: planned.tombstone.rule, how: "delete" }, 0);
      summary.totals.requests.target += PER_DELETE;
      if (summary.deletes.length < LINES) summary.deletes.push(planned);
      writer.write(planned);
    },
    pending(later) {
      summary.pendingCount.count++;
      if (summary.pending.length < LINES) summary.pending.push(later);
    },
    flush: () => writer.flush(),
  };
}

/** A look at the tag, and its deletion. */
const PER_DELETE = 2;

/** Requests of a login to one repository: a refusal, and tokens to read and to write. ECR gets its password at once. */
function loginRequests({ kind }: Login): number {
  return kind === "ecr" || kind === "anonymous" ? 0 : TOKEN_LOGIN;
}

const TOKEN_LOGIN = 3;

/** The tags and digests that earlier lines put to the same repository. Only the repositories that are being compared are remembered. */
function createKnownPuts(): (line: Pick<PlannedCopy, "destination" | "to">) => Set<string> {
  const known = new Map<string, Set<string>>();
  return ({ destination, to }) => {
    const key = `${destination}/${to}`;
    const found = known.get(key) ?? new Set();
    known.delete(key);
    known.set(key, found);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return found;
  };
}

/** More than are compared at once. */
const REMEMBERED = 16;

function manifestsOf({ batches }: CopyPlan, own: ReadonlySet<string>, earlier: Set<string>): FileManifest[] {
  return batches.flatMap((batch, index) =>
    batch.map(({ manifest: { digest, mediaType, bytes }, reference }) => {
      const isAgain = reference === digest && earlier.has(digest);
      earlier.add(reference);
      return {
        digest,
        mediaType,
        size: bytes.byteLength,
        reference,
        batch: index,
        ...(isAgain ? { again: true as const } : {}),
        ...(own.has(digest) ? { bytes: Buffer.from(bytes).toString("base64") } : {}),
      };
    }),
  );
}
