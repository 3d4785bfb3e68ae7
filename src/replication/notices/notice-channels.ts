import type { ReplicationRule } from "../rules/rule.ts";
import { verdictOf } from "../rules/verdict.ts";
import type { Notice, NoticeKind } from "./notice.ts";

/** What decides whether a channel is told. */
export interface Listener {
  readonly name: string;
  readonly on: readonly NoticeKind[];
}

/** A rule with the names of the channels that are told about its images. Absent: all. */
export interface NotifyingRule extends ReplicationRule {
  readonly notify?: readonly string[] | undefined;
}

/** The channels that want a notice, by its kind and by the rule of its push. @param rules in the order of their priority. */
export function channelsFor<Channel extends Listener>(
  notice: Notice,
  channels: readonly Channel[],
  rules: readonly NotifyingRule[],
): Channel[] {
  const names = notice.push && ruleOf(notice.push, notice.at, rules)?.notify;
  return channels.filter(({ name, on }) => isWanted(notice, on) && (names === undefined || names.includes(name)));
}

function isWanted({ kind, push }: Notice, on: readonly NoticeKind[]): boolean {
  if (!on.includes(kind)) return false;
  return push !== undefined || on.includes("alarm");
}

/** The rule that decided, or, for a push that no rule was asked about yet, the first one that may select it. */
function ruleOf(
  { destination, repository, reference, rule }: NonNullable<Notice["push"]>,
  now: number,
  rules: readonly NotifyingRule[],
): NotifyingRule | undefined {
  if (rule !== undefined) return rules.find(({ name }) => name === rule);
  return rules.find(
    (each) =>
      each.destinations.includes(destination) && verdictOf(each, { repository, reference, now }).kind !== "rejects",
  );
}
