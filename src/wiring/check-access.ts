import type { AccountConcurrency } from "../aws/account-concurrency.ts";
import type { Concurrency } from "../contract/stack/environment.ts";
import type { CopyQueue } from "../contract/stack/queues.ts";
import { PROBE_REPOSITORY } from "../contract/stack/limits.ts";
import { describeError } from "../contract/telemetry/observer.ts";
import { googleUses, quotaNote } from "../contract/warnings/google-quota.ts";
import type { Configuration } from "../contract/configuration/configuration.ts";
import { parseRepositoryName, parseTag } from "../oci/reference.ts";
import type { RepositoryName } from "../oci/reference.ts";
import { createRegistrySource } from "../registry/registry-source.ts";
import { probeWrites } from "../registry/write-probe.ts";
import type { AccessCheck, AccessReport } from "./calls/access-report.ts";
import type { Registries } from "./registries.ts";

/** A tag that need not exist: a registry that allows reading says so too. */
const ABSENT = parseTag("freightliner-doctor");

/** Opens and cancels an upload at each destination. */
export function checkWriting(
  { destinations }: Configuration,
  registries: Pick<Registries, "destination">,
  signal: AbortSignal,
): Promise<AccessCheck[]> {
  return Promise.all(
    destinations.map(({ name, prefix }) => {
      const endpoint = registries.destination(name)(parseRepositoryName(`${prefix}/${PROBE_REPOSITORY}`));
      return checked({ place: name, action: "write" }, () => probeWrites(endpoint, signal));
    }),
  );
}

/** Reads a tag of a repository at the source. */
export function checkReading(
  repository: RepositoryName,
  registries: Pick<Registries, "source">,
  signal: AbortSignal,
): Promise<AccessCheck> {
  const source = createRegistrySource(registries.source(repository));
  return checked({ place: "source", action: "read" }, () => source.resolve(ABSENT, signal));
}

/** Lists the source's repositories. */
export async function checkListing(
  catalog: { repositories(signal: AbortSignal): Promise<readonly RepositoryName[]> },
  isSelected: (repository: RepositoryName) => boolean,
  signal: AbortSignal,
): Promise<AccessReport> {
  let repository: RepositoryName | undefined;
  const listed = await checked({ place: "source", action: "list" }, async () => {
    repository = (await catalog.repositories(signal)).find(isSelected);
  });
  return { checks: [listed], repository };
}

/** Compares the copies that all queues may run at once with what Lambda allows the account. */
export function checkRoom(
  queues: readonly Pick<CopyQueue, "priority">[],
  { live, backfill }: Concurrency,
  read: () => Promise<AccountConcurrency>,
): Promise<AccessCheck> {
  const most = { live, backfill, long: 0 };
  const wanted = queues.reduce((sum, { priority }) => sum + most[priority], 0);
  return checked({ place: "account", action: "run" }, async () => {
    const { all, unreserved } = await read();
    if (wanted < unreserved) return;
    const has = `up to ${wanted} copies run at once, and Lambda allows the account ${all} concurrent executions, ${unreserved} of them unreserved`;
    throw new Error(
      `${has}: other functions would be throttled; request a higher quota "Concurrent executions" of AWS Lambda, or lower stack.liveConcurrency and stack.backfillConcurrency`,
    );
  });
}

/** Compares the rates of destinations in Artifact Registry with the default quota of their project: only Google knows the one in force. */
export function checkShares({ destinations }: Pick<Configuration, "destinations">): AccessCheck[] {
  return googleUses(destinations).map((use) => {
    const note = quotaNote(use);
    return { place: `${use.project} in ${use.location}`, action: "share", ...(note === undefined ? {} : { note }) };
  });
}

async function checked(about: Omit<AccessCheck, "problem">, request: () => Promise<unknown>): Promise<AccessCheck> {
  try {
    await request();
    return about;
  } catch (error) {
    return { ...about, problem: describeError(error) };
  }
}
