import { artifactTypeOf } from "./artifact-type.ts";
import type { Digest } from "../../oci/digest.ts";
import { successors } from "../../oci/manifest.ts";
import type { Manifest } from "../../oci/manifest.ts";
import { manifestKind } from "../../oci/media-type.ts";
import type { RepositoryName, Tag } from "../../oci/reference.ts";
import type { SkipReason } from "../outcome/outcome.ts";
import type { Decision } from "./decision.ts";
import { decideFor } from "./evaluate-rules.ts";
import type { Fact, ImageFacts } from "./image-facts.ts";
import type { ReplicationRule } from "./rule.ts";
import type { SourceFacts } from "./source-facts.ts";
import type { RejectReason } from "./verdict.ts";

/** What is requested. */
interface Requested {
  readonly destination: string;
  readonly repository: RepositoryName;
  readonly reference: Tag | Digest;
  /** The time of the event. */
  readonly pushedAt: number;
}

/** What the rules say to a request, with all facts that they ask for. */
export type DecidedRequest =
  | {
      readonly kind: "copy";
      readonly rule: ReplicationRule;
      /** No rule selects it by itself. */
      readonly onlyAttached: boolean;
      /** The image that was decided on, if facts about it were asked for: another one under the same tag is not decided on. */
      readonly digest: Digest | undefined;
      /** How long after its event it became old enough, in milliseconds. */
      readonly heldMs: number;
    }
  /** It is selected, but too young until then; epoch milliseconds. */
  | { readonly kind: "wait"; readonly rule: ReplicationRule; readonly until: number }
  | { readonly kind: "skip"; readonly reason: SkipReason; readonly rule: ReplicationRule | undefined };

export interface DecisionContext {
  readonly rules: readonly ReplicationRule[];
  readonly facts: SourceFacts;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Facts, and the image that they are about. */
interface Known {
  readonly facts: ImageFacts;
  readonly digest: Digest | undefined;
}

/**
 * Decides a request, and reads facts from the source as far as the rules ask for them: most ask for none.
 * @throws {RegistryError} when the source does not supply a fact. @throws {FormatError} for a malformed manifest.
 */
export async function decideRequest(
  request: Requested,
  context: DecisionContext,
  signal: AbortSignal,
): Promise<DecidedRequest> {
  const { destination, repository, reference } = request;
  const overrides = await context.facts.overrides?.(repository, signal);
  let known: Known = {
    facts: { repository, reference, now: context.now(), overrides },
    digest: undefined,
  };
  for (;;) {
    const decision = decideFor(destination, context.rules, known.facts);
    if (decision.kind !== "undecided") return decided(decision, known, request);
    const more = await readFacts(decision.missing, known, { request, source: context.facts, signal });
    if (more === undefined) return { kind: "skip", reason: "source-gone", rule: undefined };
    known = more;
  }
}

function decided(
  decision: Exclude<Decision, { kind: "undecided" }>,
  { facts: { pushedAt = 0 }, digest }: Known,
  request: Requested,
): DecidedRequest {
  switch (decision.kind) {
    case "selected": {
      const { rule } = decision;
      const heldMs = rule.minAgeMs === undefined ? 0 : Math.max(pushedAt + rule.minAgeMs - request.pushedAt, 0);
      return { kind: "copy", rule, onlyAttached: false, digest, heldMs };
    }
    case "attached":
      return { kind: "copy", rule: decision.rule, onlyAttached: true, digest, heldMs: 0 };
    case "waiting":
      return { kind: "wait", rule: decision.rule, until: decision.until };
    case "not-selected":
      return { kind: "skip", reason: skipReasonOf(decision.reason), rule: decision.rule };
  }
}

interface Reading {
  readonly request: Requested;
  readonly source: SourceFacts;
  readonly signal: AbortSignal;
}

/** Reads what is missing, all of it about one image. Undefined when the source no longer has it. */
async function readFacts(
  missing: readonly Fact[],
  { facts, digest }: Known,
  { request: { repository, reference, pushedAt }, source, signal }: Reading,
): Promise<Known | undefined> {
  let [all, about] = [facts, digest];
  if (missing.includes("artifactType") || missing.includes("subject")) {
    const manifest = await source.manifest(repository, about ?? reference, signal);
    if (manifest === undefined) return undefined;
    about = manifest.digest;
    all = { ...all, artifactType: artifactTypeOf(manifest), subject: subjectOf(manifest) };
  }
  if (missing.includes("pushedAt")) {
    const image = await source.image(repository, about ?? reference, signal);
    // The registry may know an image before ECR's API does.
    all = { ...all, pushedAt: image?.pushedAt ?? pushedAt };
    about ??= image?.digest;
  }
  if (missing.includes("newest")) all = { ...all, newest: await source.newest(repository, signal) };
  return { facts: all, digest: about };
}

function subjectOf({ bytes, mediaType }: Manifest): Digest | "none" {
  if (manifestKind(mediaType) === "schema1") return "none";
  return successors(bytes, mediaType).subject?.digest ?? "none";
}

/** Why nothing is copied, as receipts say it. */
export function skipReasonOf(reason: RejectReason): SkipReason {
  switch (reason) {
    case "repository":
    case "tag":
      return "no-rule";
    case "repository-excluded":
    case "tag-excluded":
      return "excluded";
    case "repository-tag":
    case "not-latest":
    case "artifact-type":
      return reason;
  }
}
