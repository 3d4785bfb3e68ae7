import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import { describeRequirements } from "../../src/replication/gate/describe-gate.ts";
import { explainRules } from "../../src/replication/rules/explain-rules.ts";
import type { Explanation } from "../../src/replication/rules/explain-rules.ts";
import { targetName } from "../../src/replication/planning/plan-copies.ts";
import type { Decision } from "../../src/replication/rules/decision.ts";
import type { ImageFacts } from "../../src/replication/rules/image-facts.ts";
import { overridesOf } from "../../src/replication/rules/repository-overrides.ts";
import type { ReplicationRule } from "../../src/replication/rules/rule.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { readImageReference } from "../registry-access/reference-argument.ts";
import { counted } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { describeDecision, describeVerdict } from "./describe-verdict.ts";
import { readLayers } from "./read-layers.ts";
import type { GivenLayers } from "./read-layers.ts";

const COMMAND = "config explain";

interface GivenExplain extends GivenLayers {
  readonly image: string;
  readonly pushed?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly repositoryTag: readonly string[];
}

/** Runs `freightliner config explain`: what the rules say about one image. @throws {UsageError} */
export async function explain(given: GivenExplain, { out, json, environment }: Terminal): Promise<ExitCode> {
  const { configuration } = await readLayers(given, environment);
  const facts = factsOf(given, configuration);
  const explanation = explainRules(configuration.rules, facts);
  const isCopied = [...explanation.destinations.values()].some(({ kind }) => kind !== "not-selected");
  if (json) out.json(asJson(explanation, configuration));
  else out.lines(asLines(explanation, configuration, facts));
  return isCopied ? ExitCode.ok : ExitCode.notFound;
}

/** The image, and what is known about it. The host of the source may be omitted. */
function factsOf({ image, pushed, artifactType, repositoryTag }: GivenExplain, { source }: Configuration): ImageFacts {
  const { registry } = source.access;
  const whole = image.startsWith(`${registry}/`) ? image : `${registry}/${image}`;
  const { name, tag, digest } = readImageReference(COMMAND, whole);
  const pushedAt = pushed === undefined ? undefined : Date.parse(pushed);
  if (Number.isNaN(pushedAt)) {
    throw new UsageError(`${pushed} is not a time; write one such as 2026-11-27T10:00:00Z`, { command: COMMAND });
  }
  const overrides = source.repositoryTags ? overridesOf(new Map(repositoryTag.map(keyAndValue))) : undefined;
  return { repository: name, reference: digest ?? tag ?? "", now: Date.now(), pushedAt, artifactType, overrides };
}

function keyAndValue(tag: string): [string, string] {
  const [key = ""] = tag.split("=", 1);
  return [key, tag.slice(key.length + 1)];
}

/** A destination that no rule of the repository names. */
const NO_RULE: Decision = { kind: "not-selected", reason: "repository", rule: undefined };

function asLines(explanation: Explanation, { destinations }: Configuration, { repository }: ImageFacts): string[] {
  const { rules } = explanation;
  const table = createTable(["rule", "destinations", "verdict"]);
  const own = rules.filter(({ verdict }) => verdict.kind !== "rejects" || verdict.reason !== "repository");
  for (const { rule, verdict } of own) table.row([rule.name, rule.destinations.join(", "), describeVerdict(verdict)]);
  const others = rules.length - own.length;
  const decisions = destinations.map(({ name, access, prefix }) =>
    [
      name,
      describeDecision(
        explanation.destinations.get(name) ?? NO_RULE,
        (rule) => `${access.registry}/${targetName(rule, repository, prefix) ?? "a name that no repository may have"}`,
      ),
    ].join(": "),
  );
  return [
    ...decisions,
    "",
    ...(own.length === 0 ? [] : table.lines()),
    ...(others === 0 ? [] : [`${counted(others, "rule")} for other repositories`]),
  ];
}

function asJson(explanation: Explanation, { version, destinations }: Configuration): unknown {
  const named = <T extends { readonly rule?: ReplicationRule | undefined }>({ rule, ...rest }: T) => ({
    rule: rule?.name,
    ...rest,
    gate: rule?.gate && describeRequirements(rule.gate),
  });
  return {
    version,
    destinations: destinations.map(({ name }) => {
      const decision = explanation.destinations.get(name) ?? NO_RULE;
      if (decision.kind !== "undecided") return { destination: name, ...named(decision) };
      const { kind, missing, rules } = decision;
      return { destination: name, kind, missing, rules: rules.map((rule) => rule.name) };
    }),
    rules: explanation.rules.map(({ rule, verdict }) => ({ rule: rule.name, of: rule.destinations, ...verdict })),
  };
}
