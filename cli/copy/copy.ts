import { randomUUID } from "node:crypto";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { successors } from "../../src/oci/manifest.ts";
import { manifestKind } from "../../src/oci/media-type.ts";
import { formatPlatform, matchesPlatform } from "../../src/oci/platform.ts";
import type { Platform } from "../../src/oci/platform.ts";
import { formatReference } from "../../src/oci/reference.ts";
import type { Tag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/connections.ts";
import type { Checkpoint } from "../../src/replication/checkpoint.ts";
import { concurrently } from "../../src/replication/concurrently.ts";
import type { CopyContext } from "../../src/replication/copy-context.ts";
import { copyImage } from "../../src/replication/copy-image.ts";
import { blobsOf, nodesOf, readImage } from "../../src/replication/image-tree.ts";
import { createMemoryRecordStore } from "../../src/replication/memory-record-store.ts";
import type { Streams } from "../../src/replication/streams.ts";
import { publish, UncertainPutError } from "../../src/replication/publish.ts";
import { createStreams } from "../../src/replication/streams.ts";
import { systemClock } from "../../src/registry/system-clock.ts";
import type { CopyOptions } from "./copy-options.ts";
import { ExitCode } from "../exit-code.ts";
import { counted, formatBytes, formatDuration } from "../format.ts";
import { openRegistries } from "./open-registries.ts";
import type { Registries } from "./open-registries.ts";
import { showProgress } from "./progress.ts";
import type { Terminal } from "../terminal.ts";

/** Carries out `freightliner copy`. @returns an exit code. @throws what the copy throws. */
export async function copy(options: CopyOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const connections = createConnections();
  try {
    const streams = createStreams({ small: options.jobs, big: options.jobs, now: Date.now });
    const { environment } = terminal;
    const registries = await openRegistries(options, connections, { environment, onBusy: () => streams.slower() });
    const root = await findRoot(registries, options, signal);
    if (typeof root === "string") {
      terminal.err.lines([`freightliner: ${root}`]);
      return ExitCode.notFound;
    }
    if (options.dryRun) return await plan(root, registries, options, { terminal, streams, signal });
    return await carryOut(root, registries, options, { terminal, streams, signal });
  } finally {
    await connections.close();
  }
}

/** What is to be copied, or why there is nothing. */
async function findRoot(
  { source }: Registries,
  options: CopyOptions,
  signal: AbortSignal,
): Promise<Descriptor | string> {
  const { tag, digest } = options.source;
  const reference = digest ?? tag;
  const found = reference && (await source.resolve(reference, signal));
  if (found === undefined)
    return `${formatReference(options.source)} does not exist; check the name, the tag and your login`;
  const { platform } = options;
  if (platform === undefined || manifestKind(found.mediaType) !== "index") return found;
  const index = await source.fetchManifest(found, signal);
  const children = index === undefined ? [] : successors(index.bytes, index.mediaType).manifests;
  return children.find((child) => matchesPlatform(child.platform, platform)) ?? noPlatform(options, platform, children);
}

/** Platforms of an index that are named when it has not the one wanted. */
const PLATFORMS_SHOWN = 20;

function noPlatform(options: CopyOptions, wanted: Platform, children: readonly Descriptor[]): string {
  const known = children.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const more = known.length > PLATFORMS_SHOWN ? ` and ${known.length - PLATFORMS_SHOWN} more` : "";
  const has = `${known.slice(0, PLATFORMS_SHOWN).join(", ") || "no platforms"}${more}`;
  return `${formatReference(options.source)} has no ${formatPlatform(wanted)}; it has ${has}`;
}

interface Run {
  readonly terminal: Terminal;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

async function carryOut(
  root: Descriptor,
  { source, target }: Registries,
  options: CopyOptions,
  { terminal, streams, signal }: Run,
): Promise<ExitCode> {
  const started = Date.now();
  const reference = options.target.tag ?? options.source.tag ?? root.digest;
  const name = formatReference({ ...options.target, tag: undefined, digest: undefined });
  const place = `${name}${reference.includes(":") ? "@" : ":"}${reference}`;
  if ((await target.resolve(reference, signal))?.digest === root.digest) {
    terminal.out.lines([`${place} is ${root.digest} already`]);
    return ExitCode.ok;
  }
  const progress = showProgress(terminal.notes);
  const context = {
    source,
    target,
    checkpoints: createMemoryRecordStore<Checkpoint>(),
    scope: options.target.name,
    owner: randomUUID(),
    leaseMs: 60_000,
    streams,
    presence: "ask",
    referrers: options.referrers,
    sparse: "fail",
    clock: systemClock,
    random: Math.random,
    observe: progress.observe,
  } as const;
  const { manifest, tally, companions } = await copyImage(root, context, signal).finally(() => progress.end());
  for (const tag of companions) await copyCompanion(tag, context, signal);
  await publishPatiently({ manifest, reference }, context, signal);
  const sent = `${counted(tally.blobsUploaded, "blob")} sent (${formatBytes(tally.bytesUploaded)})`;
  const time = formatDuration(Date.now() - started);
  terminal.out.lines([`${place} is ${root.digest}: ${sent}, ${tally.blobsPresent} there already, ${time}`]);
  return ExitCode.ok;
}

const PUBLISH_TRIES = 3;

/** Puts a tag and reads it back, again when nobody can say whether it was put. */
async function publishPatiently(
  published: Parameters<typeof publish>[1],
  { target, clock }: CopyContext,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await publish(target, published, clock, signal);
    } catch (error) {
      if (!(error instanceof UncertainPutError) || tries === PUBLISH_TRIES) throw error;
    }
  }
}

/** A signature or the like under a tag of its own, before what it is about. */
async function copyCompanion(tag: Tag, context: CopyContext, signal: AbortSignal): Promise<void> {
  const root = await context.source.resolve(tag, signal);
  if (root === undefined) return;
  const { manifest } = await copyImage(root, { ...context, referrers: false }, signal);
  await publishPatiently({ manifest, reference: tag }, context, signal);
}

const CONCURRENT_CHECKS = 16;

/** Shows what a copy would send; asks, writes nothing. */
async function plan(
  root: Descriptor,
  { source, target }: Registries,
  options: CopyOptions,
  { terminal, signal }: Run,
): Promise<ExitCode> {
  const tree = await readImage(root, { source, referrers: options.referrers, sparse: "fail" }, signal);
  const blobs = blobsOf(tree);
  const present = await concurrently(
    blobs,
    CONCURRENT_CHECKS,
    (blob, working) => target.hasBlob(blob, working),
    signal,
  );
  const missing = blobs.filter((_, index) => present[index] === false);
  terminal.out.lines(missing.map(({ digest, size }) => `send ${digest} ${formatBytes(size)}`));
  const bytes = missing.reduce((sum, { size }) => sum + size, 0);
  const total = `${counted(missing.length, "blob")} (${formatBytes(bytes)}) and ${counted(nodesOf(tree).length, "manifest")}`;
  terminal.out.lines([
    `would send ${total} of ${root.digest}; ${blobs.length - missing.length} blobs are there already; nothing was written`,
  ]);
  return ExitCode.ok;
}
