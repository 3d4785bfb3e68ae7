import { isDigest } from "../../oci/digest.ts";
import type { Digest } from "../../oci/digest.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import type { DecidedCase } from "../../replication/conflict/decide-conflict.ts";
import { chooseForRule, portsForSubset } from "../../replication/decide/decide-tag.ts";
import { openGate } from "../../replication/gate/open-gate.ts";
import { passGate } from "../../replication/gate/pass-gate.ts";
import type { Difference } from "../../replication/reconcile/request-copies.ts";
import { decideRequest } from "../../replication/rules/decide-request.ts";
import type { DecidedRequest } from "../../replication/rules/decide-request.ts";
import { isEmptyPlan, planCopy } from "../content/copy-plan.ts";
import type { CopyPlan } from "../content/copy-plan.ts";
import { readImageAndCompanions } from "../content/image-and-companions.ts";
import { alreadyListed, withKnownTags } from "../content/known-tags.ts";
import { decidePlace, reasonOf } from "./decide-place.ts";
import type { DecidedPlace, ImageCase } from "./decide-place.ts";
import type { PlanContext, Skip } from "./plan-context.ts";
import type { PlannedCopy } from "./plan-line.ts";
import type { RepositoryCase } from "./repository-case.ts";

/** A line of the file, without what other lines decide. */
export type CopyLine = Omit<PlannedCopy, "blobs" | "manifests">;

export type PlannedImage =
  | {
      readonly kind: "copy";
      readonly line: CopyLine;
      readonly plan: CopyPlan;
      /** Manifests that the source does not have: they are kept in the file. */
      readonly own: ReadonlySet<Digest>;
    }
  | { readonly kind: "skip"; readonly skip: Skip };

/**
 * Plans the copy of one difference: the decisions of the copy function, one after the other, and then the plan of `copy`.
 * @throws {RegistryError} @throws {FormatError} @throws {MissingContentError}
 */
export async function planImage(
  image: Difference,
  repository: RepositoryCase,
  context: PlanContext,
  signal: AbortSignal,
): Promise<PlannedImage> {
  const { configuration, facts, now } = context;
  const { destination, repository: name } = repository.place;
  const { reference, pushedAt } = image;
  const request = { destination, repository: name, reference, pushedAt };
  const decided = await decideRequest(request, { rules: configuration.rules, facts, now }, signal);
  if (decided.kind === "skip") return skipped(decided.rule?.name, decided.reason);
  if (decided.kind === "wait") return skipped(decided.rule.name, "too-young");
  const found = await repository.source.readManifest(reference, signal);
  if (found === undefined) return skipped(decided.rule.name, "source-gone");
  if (found.digest !== (decided.digest ?? found.digest)) return skipped(decided.rule.name, "moving");
  return planSelected({ image, found, decided }, repository, context, signal);
}

interface Selected {
  readonly image: Difference;
  /** What the source's tag names. */
  readonly found: Manifest;
  readonly decided: Extract<DecidedRequest, { kind: "copy" }>;
}

async function planSelected(
  selected: Selected,
  repository: RepositoryCase,
  context: PlanContext,
  signal: AbortSignal,
): Promise<PlannedImage> {
  const { found, decided } = selected;
  const { rule, onlyAttached } = decided;
  const { source, target } = repository;
  const policy = { referrers: true, onlyAttached, conflict: rule.conflict, platforms: rule.platforms };
  const chosen = await chooseForRule(found, source, policy, signal);
  if (chosen === undefined) return skipped(rule.name, "platform");
  const ports = portsForSubset({ source, ...target, clock: { now: context.now } }, chosen);
  const about = { chosen, ports, repository };
  const placed = await decidePlace(selected.image, { ...about, policy }, context, signal);
  if (placed.kind === "skip") return skipped(rule.name, placed.reason);
  const closed = await closedGate(selected, { ...about, ...placed }, context, signal);
  if (closed !== undefined) return skipped(rule.name, closed);
  const plan = await planContent(placed, about, context, signal);
  if (isEmptyPlan(plan)) return skipped(rule.name, "unchanged");
  const merged = mergedOf(placed.decided);
  const own = new Set([...chosen.stripped.keys(), ...(merged === undefined ? [] : [merged.digest])]);
  return { kind: "copy", line: lineOf(selected, { ...about, placed }), plan, own };
}

type Placed = Extract<DecidedPlace, { kind: "place" }>;

function lineOf(
  { image: { reference, pushedAt }, found, decided }: Selected,
  { chosen: { origin }, repository: { place }, placed }: ImageCase & { readonly placed: Placed },
): CopyLine {
  return {
    kind: "copy",
    destination: place.destination,
    repository: place.repository,
    to: place.to,
    reference,
    digest: found.digest,
    as: placed.as,
    rule: decided.rule.name,
    how: placed.how,
    pushedAt,
    ...(placed.current === undefined ? {} : { replaces: placed.current }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Why the gate of the rule keeps the image at the source; undefined when it does not. */
async function closedGate(
  { image: { reference }, found, decided }: Selected,
  { ports, repository, record }: ImageCase & Pick<Placed, "record">,
  { configuration, gatePorts, now }: PlanContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { gate } = decided.rule;
  if (gate === undefined || decided.onlyAttached) return undefined;
  const subject = { repository: repository.place.repository, reference, source: ports.source };
  const opened = openGate(gate, { ...subject, configuration: configuration.version }, gatePorts);
  const known = { waiting: record?.gateWait, last: record?.last, clock: { now }, random: () => 0 };
  const gated = await passGate(found, { gate: opened, ...known }, signal);
  return gated.kind === "closed" ? reasonOf(gated.report) : undefined;
}

async function planContent(
  { as, current, decided }: Placed,
  { chosen, ports, repository }: ImageCase,
  { configuration }: PlanContext,
  signal: AbortSignal,
): Promise<CopyPlan> {
  const { known, sourceTags, place } = repository;
  const merged = mergedOf(decided);
  const { root, excluded } = chosen;
  const reference = merged === undefined ? as : root.digest;
  const source = withKnownTags(ports.source, alreadyListed(sourceTags));
  const image = { source, referrers: true, sparse: configuration.sparseIndexes, excluded };
  const images = await readImageAndCompanions({ root, reference }, image, signal);
  const isSame = configuration.destinations.some(
    ({ name, access }) => name === place.destination && access.registry === configuration.source.access.registry,
  );
  const options = {
    target: known,
    mountFrom: isSame ? place.repository : undefined,
    current: isDigest(reference) ? undefined : Promise.resolve(current),
    distrustTarget: false,
  };
  const plan = await known.compare(() => planCopy(images, options, signal), signal);
  return merged === undefined ? plan : { ...plan, batches: [...plan.batches, [{ manifest: merged, reference: as }]] };
}

function mergedOf({ decision, expected }: DecidedCase): Manifest | undefined {
  return decision.kind === "merge" ? expected : undefined;
}

const skipped = (rule: string | undefined, reason: string): PlannedImage => ({ kind: "skip", skip: { rule, reason } });

/** True for a manifest that is attached to another one. */
export function isAttached({ bytes, mediaType }: Manifest): boolean {
  return manifestKind(mediaType) !== "schema1" && successors(bytes, mediaType).subject !== undefined;
}
