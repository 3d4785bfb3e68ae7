import type { Digest } from "../../src/oci/digest.ts";
import { isDigest } from "../../src/oci/digest.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/connections.ts";
import { systemClock } from "../../src/registry/system-clock.ts";
import { deniesContent } from "../../src/replication/copy-image.ts";
import type { Tally } from "../../src/replication/tally.ts";
import { createStreams } from "../../src/replication/streams.ts";
import type { Streams } from "../../src/replication/streams.ts";
import { ExitCode } from "../exit-code.ts";
import { counted, formatBytes, formatDuration } from "../format.ts";
import type { Terminal } from "../terminal.ts";
import { carryOut } from "./carry-out.ts";
import type { CopyOptions } from "./copy-options.ts";
import { planCopy } from "./copy-plan.ts";
import type { CopyPlan } from "./copy-plan.ts";
import { findImage } from "./find-image.ts";
import { readNamedImages } from "./named-images.ts";
import { openRegistries } from "./open-registries.ts";
import type { Registries } from "./open-registries.ts";
import { showProgress } from "./progress.ts";
import { describePlan, summarizePlan } from "./show-plan.ts";

/** Carries out `freightliner copy`: a plan, then what it says. @returns an exit code. @throws what the copy throws. */
export async function copy(options: CopyOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const connections = createConnections();
  try {
    const streams = createStreams({ small: options.jobs, big: options.jobs, now: Date.now });
    const { environment } = terminal;
    const registries = await openRegistries(options, connections, { environment, onBusy: () => streams.slower() });
    return await copyOne(options, registries, { terminal, streams }, signal);
  } finally {
    await connections.close();
  }
}

/** Makes the plan; one that doubts what the target says it has, when it has denied that. */
type PlanFor = (isDoubted: boolean) => Promise<CopyPlan>;

interface Run {
  readonly terminal: Terminal;
  readonly streams: Streams;
}

async function copyOne(options: CopyOptions, registries: Registries, run: Run, signal: AbortSignal): Promise<ExitCode> {
  const started = Date.now();
  const { out, json } = run.terminal;
  const { source, target } = registries;
  const root = await findImage(options, source, signal);
  const reference = options.target.tag ?? options.source.tag ?? root.digest;
  const images = await readNamedImages(
    { root, reference },
    { source, referrers: options.referrers, sparse: options.sparse },
    signal,
  );
  const mountFrom = options.source.registry === options.target.registry ? options.source.name : undefined;
  const planFor: PlanFor = (isDoubted) => planCopy(images, { target, mountFrom, known: new Set(), isDoubted }, signal);
  const plan = await planFor(false);
  const place = placeOf(options, reference);
  const about = { target: place, digest: root.digest };
  if (options.dryRun) {
    if (json) out.json({ ...about, plan: summarizePlan(plan) });
    else out.lines([`${place} is to be ${root.digest}`, ...describePlan(plan)]);
    return ExitCode.ok;
  }
  const tally = isNothing(plan) ? undefined : await carryOutPatiently({ plan, planFor }, registries, run, signal);
  const ms = Date.now() - started;
  if (json) out.json({ ...about, outcome: tally === undefined ? "unchanged" : "copied", ...tally, ms });
  else out.lines([describeCopied(place, root.digest, tally, ms)]);
  return ExitCode.ok;
}

function placeOf({ target }: CopyOptions, reference: Tag | Digest): string {
  const name = formatReference({ registry: target.registry, name: target.name });
  return `${name}${isDigest(reference) ? "@" : ":"}${reference}`;
}

function isNothing({ blobs, waves }: CopyPlan): boolean {
  return blobs.length === 0 && waves.length === 0;
}

/** Carries out a plan; sends everything when the target denies having what it said it had. */
async function carryOutPatiently(
  { plan, planFor }: { readonly plan: CopyPlan; readonly planFor: PlanFor },
  { source, target }: Registries,
  { terminal, streams }: Run,
  signal: AbortSignal,
): Promise<Tally> {
  const progress = showProgress(terminal.notes);
  const hands = { source, target, streams, clock: systemClock, observe: progress.observe };
  try {
    return await carryOut(plan, hands, signal);
  } catch (error) {
    if (!deniesContent(error)) throw error;
    progress.observe({ kind: "denied" });
    return await carryOut(await planFor(true), hands, signal);
  } finally {
    progress.end();
  }
}

function describeCopied(place: string, digest: Digest, tally: Tally | undefined, ms: number): string {
  if (tally === undefined) return `${place} is ${digest} already`;
  const mounted = tally.blobsMounted === 0 ? "" : `${tally.blobsMounted} mounted, `;
  const sent = `${counted(tally.blobsUploaded, "blob")} sent (${formatBytes(tally.bytesUploaded)})`;
  return `${place} is ${digest}: ${sent}, ${mounted}${tally.blobsPresent} there already, ${formatDuration(ms)}`;
}
