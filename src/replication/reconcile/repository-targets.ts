import type { RepositoryName } from "../../oci/reference.ts";
import { formatFilter } from "../../oci/platform.ts";
import { targetName } from "../planning/plan-copies.ts";
import { SOURCE_WINS } from "../conflict/conflict-policy.ts";
import type { RepositoryTarget, Selection } from "./repository-target.ts";
import { referenceOf } from "./source-catalog.ts";
import type { SourceImage } from "./source-catalog.ts";
import type { Decision } from "../rules/decision.ts";
import { decideFor, rulesOf } from "../rules/evaluate-rules.ts";
import { newestTags } from "../rules/newest-tags.ts";
import type { NewestTags } from "../rules/newest-tags.ts";
import type { ReplicationRule } from "../rules/rule.ts";
import type { ContentWithoutTag, TargetInventory } from "./target-inventory.ts";

/** What the configuration says about the targets, and how they are read. */
export interface TargetsContext extends Pick<TargetInventory, "listing" | "hasManifest"> {
  readonly configuration: {
    readonly rules: readonly ReplicationRule[];
    readonly destinations: readonly { readonly name: string; readonly prefix: string }[];
  };
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The targets of a repository. Rules may send its tags to several repositories at one destination. */
export function targetsOf(
  repository: RepositoryName,
  { configuration, listing, hasManifest, now }: TargetsContext,
): Omit<RepositoryTarget, "backfill">[] {
  const rules = rulesOf(repository, configuration.rules);
  const decide = createDecider(repository, rules, now);
  return configuration.destinations.flatMap(({ name, prefix }) => {
    const nameOf = (rule: ReplicationRule) => targetName(rule, repository, prefix);
    const own = rules.filter(({ destinations }) => destinations.includes(name));
    const targets = new Set(own.map(nameOf).filter((to) => to !== undefined));
    return [...targets].map((to) => {
      const isFor = (rule: ReplicationRule): boolean => own.some((each) => each === rule) && nameOf(rule) === to;
      return {
        repository,
        destination: name,
        to,
        isFor,
        scope: `${name}/${to}`,
        target: listing(name, to),
        keepsListings: deletesAnything(own, isFor),
        select: (images: readonly SourceImage[]): Selection => {
          const decided = decide(name, images);
          return {
            decide: decided,
            wants: (image) => rulesThatCopy(decided(image)).some(isFor),
            attaches: (image) => rulesThatAttach(decided(image)).some(isFor),
            platformsOf: (image) =>
              own.some(choosesPlatforms) ? platformsOf(rulesThatCopy(decided(image)).filter(isFor)) : [],
            conflictPolicies: (image) =>
              rulesThatAttach(decided(image))
                .filter(isFor)
                .map(({ conflict = SOURCE_WINS }) => conflict),
          };
        },
        hasManifest: (content: ContentWithoutTag, signal: AbortSignal) => hasManifest(name, to, content, signal),
      };
    });
  });
}

/** True when some rule for the target deletes tags there. */
function deletesAnything(rules: readonly ReplicationRule[], isFor: RepositoryTarget["isFor"]): boolean {
  return rules.some((rule) => isFor(rule) && deletesTags(rule));
}

/** Asks the rules about images, with what the listing says about them. The copy knows more, and asks them once more. */
function createDecider(repository: RepositoryName, rules: readonly ReplicationRule[], now: () => number) {
  let newest: NewestTags | undefined;
  return (destination: string, images: readonly SourceImage[]) => {
    // The same images for every target: the repository is listed once.
    newest ??= newestTags(
      rules,
      images.flatMap(({ tag, pushedAt }) => (tag === undefined ? [] : [{ tag, pushedAt }])),
    );
    const about = { repository, newest, now: now() };
    return (image: SourceImage): Decision => {
      const { pushedAt, artifactType, subject } = image;
      const facts = { ...about, reference: referenceOf(image), pushedAt, artifactType };
      return decideFor(destination, rules, { ...facts, subject: subject ?? "none" });
    };
  };
}

export const deletesTags = ({ deletes, retention }: ReplicationRule): boolean => (deletes ?? retention) !== undefined;

const choosesPlatforms = ({ platforms }: ReplicationRule): boolean => platforms !== undefined;

function platformsOf(rules: readonly ReplicationRule[]): string[] {
  return rules.flatMap(({ platforms }) => (platforms === undefined ? [] : [formatFilter(platforms)]));
}

/** The rules that copy an image now, or may do so. */
function rulesThatCopy(decision: Decision): readonly ReplicationRule[] {
  if (decision.kind === "undecided") return decision.rules;
  return decision.kind === "selected" ? [decision.rule] : [];
}

/** The rules that name the target of an image if it is attached to another one. */
function rulesThatAttach(decision: Decision): readonly ReplicationRule[] {
  if (decision.kind === "attached") return [decision.rule];
  const attached = decision.kind === "undecided" ? decision.attached : undefined;
  return attached === undefined ? rulesThatCopy(decision) : [...rulesThatCopy(decision), attached];
}
