import type { Destination } from "../contract/configuration/configuration-document.ts";
import { differingFields } from "../contract/layers/differing-fields.ts";
import { unreadableRules } from "../contract/configuration/readable-repositories.ts";
import { longestHoldMs, readsScans } from "../contract/rules/compile-rules.ts";
import { comparisonHeartbeatHours } from "../contract/stack/limits.ts";
import type { LayeredConfiguration } from "./layered.ts";

const ADVICE = "is what the stack is made of; undo the change, or deploy the stack with it";

/**
 * Problems of a configuration whose stack is another one than the deployed: queues, roles, schedules, alarms and permissions exist for the
 * deployed configuration only. Each problem names its field.
 */
export function stackChanges(deployed: LayeredConfiguration, candidate: LayeredConfiguration): string[] {
  const [before, after] = [deployed.configuration, candidate.configuration];
  const differing = differingFields(deployed.document, candidate.document);
  const within = (field: string): string[] => {
    const own = differing.filter(
      (each) => each === field || each.startsWith(`${field}.`) || each.startsWith(`${field}[`),
    );
    return own.length === 0 ? [field] : own;
  };
  const fields = [
    ...(isEqual(before.source, after.source) ? [] : within("source")),
    ...(before.longLane === after.longLane ? [] : ["longLane"]),
    ...(isEqual(before.stack, after.stack) ? [] : within("stack")),
    ...destinationChanges(before.destinations, after.destinations, within),
    ...scheduleChanges(before.reconcile.schedules, after.reconcile.schedules, within),
  ];
  return [
    ...fields.map((field) => `${field}: ${ADVICE}`),
    ...unreadableRules(after, before),
    ...heartbeatProblems(before.reconcile, after.reconcile),
    ...holdProblems(before, after),
    ...scanProblems(before, after),
  ];
}

/** What may change of a destination: its rate and the thresholds of its circuit. */
function destinationChanges(
  before: readonly Destination[],
  after: readonly Destination[],
  within: (field: string) => string[],
): string[] {
  const changed = after.flatMap((destination, index) => {
    const known = before.find(({ name }) => name === destination.name);
    if (known === undefined) return [`destinations[${index}].name`];
    if (isEqual(lastingPart(known), lastingPart(destination))) return [];
    const fields = within(`destinations[${index}]`);
    return fields.filter((field) => !/\.(?:requestsPerSecond|circuit)\b/.test(field));
  });
  const isGone = before.some(({ name }) => !after.some((each) => each.name === name));
  return [...changed, ...(isGone ? ["destinations"] : [])];
}

function lastingPart({ kind, prefix, access }: Destination): object {
  return { kind, prefix, access };
}

type Configuration = LayeredConfiguration["configuration"];
type Rules = Pick<Configuration, "rules">;
type Schedules = Configuration["reconcile"]["schedules"];

/** A schedule exists at EventBridge: its name and time are deployed, its repositories are not. */
function scheduleChanges(before: Schedules, after: Schedules, within: (field: string) => string[]): string[] {
  const changed = after.flatMap(({ name, at, timeZone }, index) => {
    const known = before.find((each) => each.name === name);
    if (known === undefined) return [`reconcile.schedules[${index}].name`];
    if (known.at === at && known.timeZone === timeZone) return [];
    return within(`reconcile.schedules[${index}]`).filter((field) => /\.(?:at|timeZone)$/.test(field));
  });
  const isGone = before.some(({ name }) => !after.some((each) => each.name === name));
  return [...changed, ...(isGone ? ["reconcile.schedules"] : [])];
}

/** Rarer comparisons than the alarm on missing ones expects would raise it. */
function heartbeatProblems(
  before: { readonly everyMinutes: number },
  after: { readonly everyMinutes: number },
): string[] {
  const hours = comparisonHeartbeatHours(before.everyMinutes);
  if (comparisonHeartbeatHours(after.everyMinutes) <= hours) return [];
  return [
    `reconcile.everyMinutes: the deployed alarm expects two comparisons within ${hours} hours; compare more often, or deploy the stack with this interval`,
  ];
}

/**
 * Images that wait longer than the alarm on waiting pushes expects would raise it. No alarm watches a destination with plain HTTP: it is
 * at a loopback host, in a local stack.
 */
function holdProblems(before: Rules, after: Rules & Pick<Configuration, "destinations">): string[] {
  return after.destinations.flatMap(({ name, access }) => {
    const deployedMs = longestHoldMs(before.rules, name);
    if (access.plainHttp || longestHoldMs(after.rules, name) <= deployedMs) return [];
    return after.rules
      .filter((rule) => longestHoldMs([rule], name) > deployedMs)
      .map(({ index, gate }) => {
        const field = gate !== undefined && gate.waitMs > 0 ? "gate.waitHours" : "minAgeMinutes";
        return `rules[${index}].${field}: the deployed alarm expects images for "${name}" to wait at most ${deployedMs / 60_000} minutes; lower minAgeMinutes or gate.waitHours, or deploy the stack with it`;
      });
  });
}

/** The roles may read results of scans only if a deployed rule asks for them. */
function scanProblems(before: Rules, after: Rules): string[] {
  if (!readsScans(after.rules) || readsScans(before.rules)) return [];
  return ["rules: no deployed rule has a gate with scan, so the roles may not read results; deploy the stack with it"];
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
