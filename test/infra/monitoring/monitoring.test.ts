import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import { FreightlinerStack } from "../../../infra/freightliner-stack.ts";
import { Metric, METRIC_NAMESPACE } from "../../../src/contract/telemetry/metric-names.ts";
import { unitOf } from "../../../src/contract/telemetry/metric-units.ts";
import { METRICS } from "../../../src/contract/telemetry/metrics.ts";
import { EXAMPLE, synthesise, unbundledApp } from "../template.ts";

const template = synthesise();
const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties);
const runbook = readFileSync("docs/operate/runbook.md", "utf8");
const names = new Set<string>(Object.values(Metric));

/** Everything that the functions are made of. */
function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("metric"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

/** Every metric of ours that a part of the template mentions. */
function mentioned(part: unknown): string[] {
  const text = JSON.stringify(part);
  return [...text.matchAll(/\b[A-Z][A-Za-z]+\b/g)].map(([word]) => word).filter((word) => names.has(word));
}

describe("alarms", () => {
  it("exist for the stack and for every destination", () => {
    const own = [
      "reconcile-heartbeat",
      "waiting-push",
      "stuck-lease",
      "access",
      "oldest-message",
      "lag-fast-burn",
      "lag-slow-burn",
      "failure-rate",
      "circuit-open",
      "events-missed",
      "deletes-held-back",
      "long-lane-waits",
    ];
    const expected = [
      "dead-letters",
      "undelivered-events",
      "lost-events",
      "function-errors",
      "announcements-waiting",
      "deferrals-failed",
      "throttles",
      "copy-duration",
      "configuration-refused",
      "configuration-unavailable",
      "long-lane-failed",
      ...["fan-out", "copy", "probe", "reconcile"].map((name) => `${name}-crashes`),
      ...EXAMPLE.destinations.flatMap(({ name }) => own.map((alarm) => `${name}-${alarm}`)),
    ];
    expect(alarms.map(({ AlarmName }) => String(AlarmName)).toSorted()).toEqual(
      expected.map((name) => `freightliner-${name}-eu-central-1`).toSorted(),
    );
  });

  const runbookUrl = "https://wiki.example.com/runbook";
  const webhook = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook-AbCdEf";
  const notifications = [{ name: "room", kind: "slack", webhook } as const];
  const watched = {
    ...EXAMPLE,
    rules: [...EXAMPLE.rules, { repositories: ["ops/canary"], destinations: ["europe", "asia"] }],
    stack: { canary: { repository: "ops/canary" }, jobs: true, api: {}, notifications },
  };
  const linked = Object.values(
    synthesise(watched, { runbookUrl, signReceipts: true }).findResources("AWS::CloudWatch::Alarm"),
  ).map(({ Properties }) => Properties);

  it("say what happened, and link to their heading of the runbook", () => {
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) => heading);
    const anchors = headings.map((heading) => heading.toLowerCase().replaceAll(" ", "-"));
    for (const { AlarmDescription, AlarmName } of linked) {
      const [, says, anchor] =
        /^(.+\.) What to do: https:\/\/wiki\.example\.com\/runbook#(.+)$/.exec(AlarmDescription) ?? [];
      expect([AlarmName, says?.length, anchors.includes(anchor ?? "")]).toEqual([AlarmName, says?.length, true]);
      const section = runbook
        .split(/^## /m)
        .find((text) => text.toLowerCase().replaceAll(" ", "-").startsWith(`${anchor}\n`));
      const short = AlarmName.replace(/^freightliner-(?:europe-|asia-)?(.*)-eu-central-1$/, "$1");
      expect([AlarmName, section?.includes(short)]).toEqual([AlarmName, true]);
    }
    expect(new Set(linked.map(({ AlarmDescription }) => AlarmDescription.split("#")[1])).size).toBe(headings.length);
  });

  it("contain the instructions of the runbook when it is not published, and refer to no file", () => {
    for (const { AlarmDescription, AlarmName } of alarms) {
      expect([AlarmName, AlarmDescription]).toEqual([
        AlarmName,
        expect.stringMatching(/^.+\. What to do \("[A-Z].*" in the runbook\): .{60,}/),
      ]);
      expect(AlarmDescription).not.toMatch(/\.md|#/);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
    }
  });

  it("only accept an absolute link to the runbook", () => {
    expect(() => synthesise(EXAMPLE, { runbookUrl: "docs/operate/runbook.md" })).toThrow(
      /runbookUrl: must be an absolute link/,
    );
  });

  it("detect a waiting push, a stuck lease, a failed notification, a destination that is not compared, and deletes that are held back", () => {
    const metric = (id: string) => {
      const { MetricName, Dimensions } =
        linked.find(({ AlarmName }) => AlarmName === `freightliner-${id}-eu-central-1`) ?? {};
      return [
        MetricName,
        Object.fromEntries(Dimensions.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value])),
      ];
    };
    expect(metric("europe-waiting-push")).toEqual([
      "DeferredAge",
      { stack: "freightliner", service: "copy", destination: "europe" },
    ]);
    expect(metric("europe-stuck-lease")).toEqual([
      "DeferredAgeByReason",
      { stack: "freightliner", service: "copy", destination: "europe", reason: "busy" },
    ]);
    expect(metric("asia-reconcile-heartbeat")).toEqual([
      "ReconciliationsFinished",
      { stack: "freightliner", service: "reconcile", destination: "asia" },
    ]);
    expect(metric("europe-deletes-held-back")).toEqual([
      "DeletesHeldBack",
      { stack: "freightliner", service: "reconcile", destination: "europe" },
    ]);
    expect(metric("notifications-failed")).toEqual([
      "NotificationsFailed",
      { stack: "freightliner", service: "notify" },
    ]);
  });

  it("treat missing data of one term of a sum as 0", () => {
    const expressions = alarms.flatMap(({ Metrics = [] }) =>
      Metrics.flatMap(({ Expression }: { Expression?: string }) => Expression ?? []),
    );
    const sums = expressions.filter((text: string) => text.includes("+"));
    expect(sums.length).toBe(3 + 4 * EXAMPLE.destinations.length);
    for (const text of sums) expect(text.replaceAll(/FILL\([a-z], 0\)/g, "")).not.toMatch(/\b[a-z]\b/);
  });

  it("notify the given topics about alarms and recoveries", () => {
    const topic = "arn:aws:sns:eu-central-1:123456789012:ops";
    const scope = new Stack(new App(), "topics");
    const told = synthesise(EXAMPLE, { alarmTopics: [Topic.fromTopicArn(scope, "Ops", topic)] });
    told.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: [topic], OKActions: [topic] });
  });

  it("treat missing data as healthy, except for the heartbeat", () => {
    for (const { AlarmName, TreatMissingData } of alarms) {
      const expected = AlarmName.includes("heartbeat") ? "breaching" : "notBreaching";
      expect([AlarmName, TreatMissingData]).toEqual([AlarmName, expected]);
    }
  });

  it("measure what is late as a burn rate of the objective, also while nothing arrives", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "freightliner-europe-lag-fast-burn-eu-central-1",
      Threshold: 14.4,
      Metrics: Match.arrayWith([
        Match.objectLike({
          Expression:
            "IF((FILL(c, 0) + FILL(p, 0)) > 0, 100 * (FILL(c, 0) + FILL(p, 0)) / ((FILL(c, 0) + FILL(p, 0)) + FILL(o, 0)) / 0.1, 0)",
        }),
        Match.objectLike({ MetricStat: Match.objectLike({ Stat: "Sum", Period: 3_600 }) }),
      ]),
    });
  });
});

describe("metrics", () => {
  it("of the catalogue are all emitted by the functions", () => {
    const code = sources("functions") + sources("src");
    const unused = Object.keys(Metric).filter((key) => !code.includes(`Metric.${key}`));
    expect(unused).toEqual([]);
  });

  it("in alarms, dashboard and documents are in the catalogue", () => {
    const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
    const looked = new Set([...mentioned(alarms), ...mentioned(dashboard)]);
    expect(looked.size).toBeGreaterThan(8);
    const table = [
      ...readFileSync("docs/operate/metrics.md", "utf8").matchAll(/^\| `(\w+)` \| (\w+) \| ([\w, ]*) \| (.+) \|$/gm),
    ];
    expect(table.map(([, name, unit, dimensions, meaning]) => [name, unit, dimensions?.trim(), meaning])).toEqual(
      Object.entries(METRICS).map(([name, { unit, dimensions, meaning }]) => [
        name,
        unit,
        dimensions.join(", "),
        meaning,
      ]),
    );
  });

  it("are emitted in the unit of the catalogue", () => {
    for (const name of Object.values(Metric)) expect([name, unitOf(name)]).toEqual([name, METRICS[name].unit]);
  });

  it("have few dimensions, each of few values", () => {
    for (const { dimensions } of Object.values(METRICS)) {
      expect(dimensions.every((dimension) => dimension === "destination" || dimension === "reason")).toBe(true);
    }
  });
});

describe("the dashboard", () => {
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const text = JSON.stringify(dashboard?.["Properties"].DashboardBody);

  it.each([
    "Lag",
    "Tags replicated",
    "Bytes sent",
    "Waiting",
    "Failed for good",
    "Deferred",
    "Circuits",
    "Duration of invocations",
    "Estimated cost",
  ])("shows %s", (title) => {
    expect(text).toContain(title);
  });

  it("shows percentiles of the durations by function and end, with the dimensions that the metric has", () => {
    for (const percentile of ["p50", "p99"]) {
      const search = new RegExp(
        `SEARCH\\('\\{Freightliner,stack,service,reason\\} MetricName=[^']*InvocationDuration[^']*', '${percentile}', 300\\)`,
      );
      expect(text).toMatch(search);
    }
    expect(METRICS.InvocationDuration.dimensions).toEqual(["reason"]);
  });

  it("shows only metrics of its own stack", () => {
    const other = Template.fromStack(
      new FreightlinerStack(unbundledApp(), "other", { configuration: JSON.stringify(EXAMPLE) }),
    );
    for (const type of ["AWS::CloudWatch::Dashboard", "AWS::CloudWatch::Alarm"]) {
      const parts = JSON.stringify(other.findResources(type));
      expect(parts).toContain("other");
      expect(parts).not.toMatch(/"(Value|stack)":"freightliner"|stack=\\+"freightliner/);
    }
    expect(text).toContain("freightliner");
  });

  it("shows the functions' own metrics for every destination", () => {
    expect(text).toContain(METRIC_NAMESPACE);
    for (const { name } of EXAMPLE.destinations) expect(text).toContain(name);
  });
});

describe("saved queries", () => {
  it("cover the logs of all functions", () => {
    const queries = Object.values(template.findResources("AWS::Logs::QueryDefinition"));
    expect(queries.map(({ Properties }) => String(Properties.Name)).toSorted()).toEqual([
      "freightliner-queries-eu-central-1/One push from event to receipt",
      "freightliner-queries-eu-central-1/The slowest replications",
      "freightliner-queries-eu-central-1/What became of an image",
      "freightliner-queries-eu-central-1/Why copies fail or wait",
    ]);
    for (const { Properties } of queries) expect(Properties.LogGroupNames).toHaveLength(4);
  });
});
