import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import type { Configuration } from "../../contract/configuration/configuration.ts";
import { describeRequirements } from "../../replication/gate/describe-gate.ts";
import { explainRules } from "../../replication/rules/explain-rules.ts";
import type { ReplicationRule } from "../../replication/rules/rule.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { problems } from "../protocol/problem.ts";
import { ImageQuery } from "./images.ts";

const Rule = z
  .object({
    name: z.string(),
    destinations: z.array(z.string()),
    gate: z.array(z.string()).optional().openapi({ description: "What an image must have before it is copied." }),
  })
  .openapi("Rule");

const Rules = z
  .object({ configuration: z.string().openapi({ description: "Version of the configuration." }), rules: z.array(Rule) })
  .openapi("Rules");

const listRules = createRoute({
  method: "get",
  path: "/api/rules",
  summary: "The rules in force, in the order of their priority",
  responses: { 200: jsonBody("The rules.", Rules), ...problems() },
});

const Explanation = z
  .object({
    configuration: z.string(),
    destinations: z.array(
      z.object({
        destination: z.string(),
        decision: z.enum(["selected", "waiting", "attached", "undecided", "not-selected"]),
        rule: z.string().optional(),
        reason: z.string().optional(),
      }),
    ),
    rules: z.array(
      z.object({
        rule: z.string(),
        verdict: z.enum(["selects", "waits", "follows", "rejects", "unknown"]),
        reason: z.string().optional(),
      }),
    ),
  })
  .openapi("Explanation");

const explain = createRoute({
  method: "get",
  path: "/api/explain",
  summary: "What the rules say about an image of the source; no registry is asked",
  request: {
    query: ImageQuery.extend({
      pushedAt: z.coerce.number().int().min(0).optional().openapi({ description: "Epoch milliseconds." }),
      artifactType: z.string().max(256).optional(),
    }),
  },
  responses: { 200: jsonBody("What they say.", Explanation), ...problems() },
});

function ruleOf({ name, destinations, gate }: ReplicationRule): z.infer<typeof Rule> {
  return {
    name,
    destinations: [...destinations],
    ...(gate === undefined ? {} : { gate: [...describeRequirements(gate)] }),
  };
}

function explanationOf(
  { version, rules, destinations }: Configuration,
  facts: Parameters<typeof explainRules>[1],
): z.infer<typeof Explanation> {
  const explained = explainRules(rules, facts);
  return {
    configuration: version,
    destinations: destinations.map(({ name }) => {
      const decision = explained.destinations.get(name);
      if (decision === undefined) return { destination: name, decision: "not-selected", reason: "repository" };
      const rule = "rule" in decision ? decision.rule?.name : undefined;
      const reason = "reason" in decision ? decision.reason : undefined;
      return {
        destination: name,
        decision: decision.kind,
        ...(rule === undefined ? {} : { rule }),
        ...(reason === undefined ? {} : { reason }),
      };
    }),
    rules: explained.rules.map(({ rule, verdict }) => ({
      rule: rule.name,
      verdict: verdict.kind,
      ...("reason" in verdict ? { reason: verdict.reason } : {}),
    })),
  };
}

/** The rules in force, and what they say. */
export function addRuleRoutes(api: Api, { configuration, now }: Pick<ApiPorts, "configuration" | "now">): void {
  api.openapi(listRules, async (context) => {
    const { version, rules } = await configuration();
    return context.json({ configuration: version, rules: rules.map(ruleOf) }, 200);
  });
  api.openapi(explain, async (context) => {
    const facts = { ...context.req.valid("query"), now: now() };
    return context.json(explanationOf(await configuration(), facts), 200);
  });
}
