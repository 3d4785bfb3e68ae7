import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";
import { originOf } from "../../src/contract/layers/layer-configuration.ts";
import { loadCandidate, loadDeployed } from "../../src/reload/candidate.ts";

const FILE = {
  version: 1,
  source: { account: "123456789012", region: "us-east-1", repositories: ["app", "web/**"] },
  destinations: [
    { name: "gar", kind: "generic", registry: "gar.example.com", prefix: "p" },
    { name: "far", kind: "generic", registry: "far.example.com", prefix: "p", circuit: { window: { seconds: 30 } } },
  ],
  rules: [{ repositories: ["app"], destinations: ["gar"] }],
  stack: { notifications: [{ name: "owners", kind: "email", addresses: ["a@example.com"] }] },
  reconcile: { schedules: [{ name: "nightly", at: "rate(1 day)" }] },
};
const deployed = loadDeployed([{ name: "file", document: FILE }]);

async function problemsOf(text: string): Promise<readonly string[]> {
  return loadCandidate(text, await deployed).then(
    () => [],
    (error: unknown) => {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    },
  );
}

describe("an external document", () => {
  it("changes rules, retries, indexes, comparisons, rates and circuits", async () => {
    const text = `
sparseIndexes: keep
retries: { preset: patient }
rules: [{ repositories: ["app", "web/**"], destinations: [gar, far] }]
reconcile: { exclude: ["archive/**"], everyMinutes: 5, graceSeconds: 10, schedules: [{ name: nightly, include: ["app"] }] }
destinations:
  - { name: far, requestsPerSecond: 7, circuit: { window: { calls: 50 }, minimumCalls: 20 } }
`;
    const { configuration, origins } = await loadCandidate(text, await deployed);
    expect(configuration.sparseIndexes).toBe("keep");
    expect(configuration.retries.preset).toBe("patient");
    expect(configuration.rules.map(({ repositoryGlobs }) => repositoryGlobs)).toEqual([["app", "web/**"]]);
    expect(configuration.reconcile).toMatchObject({ everyMinutes: 5, graceSeconds: 10 });
    expect(configuration.reconcile.matches("archive/old")).toBe(false);
    expect(configuration.reconcile.schedules[0]?.matches("web/x")).toBe(false);
    expect(configuration.destinations.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([250, 7]);
    expect(configuration.destinations[1]?.circuit).toMatchObject({ window: { calls: 50 }, minimumCalls: 20 });
    expect(originOf(origins, "destinations[1].requestsPerSecond")?.layer).toBe("external");
    expect(originOf(origins, "destinations[1].registry")?.layer).toBe("file");
    expect(originOf(origins, "longLane")?.layer).toBe("defaults");
  });

  it.each([
    ["sparseIndexes: fail"],
    ["retries: { preset: off }"],
    ["retries: { operations: { put-blob: { tries: 2, baseMs: 50, busyMs: 100 } } }"],
    ["rules: [{ repositories: [app], destinations: [gar], notify: [owners] }]"],
    ["reconcile: { backfill: off }"],
    ["reconcile: { backfill: everything }"],
    ["reconcile: { backfill: { since: 2026-01-31 } }"],
    ["reconcile: { backfill: { since: 2026-01-31T10:00:00Z } }"],
    ["reconcile: { backfill: { upToGigabytes: 500 } }"],
    ["destinations: [{ name: gar, circuit: { window: { calls: 50 } } }]"],
    ["destinations: [{ name: far, circuit: { window: { seconds: 90 } } }]"],
  ])("takes the value that the tables of the documentation name: %s", async (text) => {
    expect(await problemsOf(text)).toEqual([]);
  });

  it.each([
    ["the source", "source: { region: eu-west-1 }", /source\.region: is what the stack is made of; .*deploy the stack/],
    [
      "a new destination",
      "destinations: [{ name: new, kind: generic, registry: new.example.com, prefix: p }]",
      /destinations\[2\]/,
    ],
    [
      "a host",
      "destinations: [{ name: gar, registry: other.example.com }]",
      /destinations\[0\]\.registry: is what the stack/,
    ],
    [
      "a prefix",
      "destinations: [{ name: far, prefix: q, requestsPerSecond: 5 }]",
      /destinations\[1\]\.prefix: is what the stack/,
    ],
    [
      "a secret",
      `destinations: [{ name: gar, loginSecret: "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf" }]`,
      /destinations\[0\]\.loginSecret: is what/,
    ],
    [
      "the repositories that the functions may read",
      "rules: [{ repositories: [app, other], destinations: [gar] }]",
      /rules\[0\]\.repositories: "other" is outside of what the functions may read \(app, web, web\/\*\); add it to source\.repositories, and deploy/,
    ],
    ["the long lane", "longLane: false", /longLane: is what the stack/],
    [
      "a channel",
      "stack: { notifications: [{ name: owners, kind: email, addresses: [b@example.com] }] }",
      /stack\.notifications.*: is what the stack/,
    ],
    [
      "a channel of a rule that is unknown",
      "rules: [{ repositories: [app], destinations: [gar], notify: [room] }]",
      /"room" is not a channel/,
    ],
    ["who receives alarms", "stack: { alarmEmails: [a@example.com] }", /stack\.alarmEmails: is what the stack/],
    [
      "the time of a schedule",
      "reconcile: { schedules: [{ name: nightly, at: rate(2 days) }] }",
      /reconcile\.schedules\[\d\]\.(at|name): is what the stack/,
    ],
    [
      "a new schedule",
      "reconcile: { schedules: [{ name: weekly, at: rate(7 days) }] }",
      /reconcile\.schedules\[\d\]\.(at|name): is what the stack/,
    ],
    [
      "comparisons that the alarm does not expect",
      "reconcile: { everyMinutes: 300 }",
      /reconcile\.everyMinutes: the deployed alarm expects two comparisons within 2 hours/,
    ],
    [
      "longer waits of images than the alarm expects",
      "rules: [{ repositories: [app], minAgeMinutes: 30, destinations: [gar] }]",
      /rules\[0\]\.minAgeMinutes: the deployed alarm expects images for "gar" to wait at most 0 minutes/,
    ],
    [
      "longer waits at a gate than the alarm expects, also those of its default",
      "rules: [{ repositories: [app], gate: { referrers: [{ artifactType: application/spdx+json }] }, destinations: [gar] }]",
      /rules\[0\]\.gate\.waitHours: the deployed alarm expects images for "gar" to wait at most 0 minutes/,
    ],
  ])(
    "cannot change %s: the problem names the field, its place, and that the stack is to be deployed",
    async (_what, text, problem) => {
      const problems = await problemsOf(`# a comment\n${text}\n`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(problem);
      expect(problems[0]).toMatch(/^line 2, column \d+: /);
    },
  );

  it("may let images wait in a local stack, which has no alarms", async () => {
    const destination = { name: "local", kind: "generic", registry: "127.0.0.1:5000", prefix: "p", plainHttp: true };
    const rules = [{ repositories: ["app"], destinations: ["local"] }];
    const local = await loadDeployed([{ name: "file", document: { ...FILE, destinations: [destination], rules } }]);
    const text = `rules: [{ repositories: [app], minAgeMinutes: 5, gate: { referrers: [{ artifactType: application/spdx+json }] }, destinations: [local] }]`;
    const { configuration } = await loadCandidate(text, local);
    expect(configuration.rules[0]?.minAgeMs).toBe(300_000);
  });

  it("may repeat what the stack is made of, and write out its defaults", async () => {
    const [gar, far] = FILE.destinations;
    const whole = {
      ...FILE,
      destinations: [
        { ...gar, plainHttp: false },
        { ...far, allowedHosts: [] },
      ],
      longLane: true,
    };
    const { configuration } = await loadCandidate(JSON.stringify(whole), await deployed);
    expect(configuration.destinations).toEqual((await deployed).configuration.destinations);
  });

  it("is refused with line and column of its own text, also where its entries have other places", async () => {
    expect(await problemsOf("destinations:\n  - name: far\n    requestsPerSecond: fast\n")).toEqual([
      expect.stringMatching(/^line 3, column 24: destinations\[1\]\.requestsPerSecond: /),
    ]);
    expect(await problemsOf("rules:\n  - repositories: [app]\n    destinatons: [gar]\n")).toContain(
      "line 3, column 18: rules[0].destinatons: unknown field; did you mean destinations?",
    );
    expect(await problemsOf("rules: [")).toEqual([
      expect.stringMatching(/^line 1, column 9: configuration: is neither/),
    ]);
    expect(await problemsOf("just text")).toEqual(["configuration: the external layer is not an object with fields"]);
  });

  it("is empty when nothing is changed: then the deployed configuration is in force", async () => {
    for (const text of ["{}", "# nothing\n"]) {
      const { configuration } = await loadCandidate(text, await deployed);
      expect(configuration.version).toBe((await deployed).configuration.version);
    }
  });

  it("is refused when it has no text at all: a file that was emptied by mistake would remove every gate", async () => {
    for (const text of ["", " \n"]) {
      await expect(loadCandidate(text, await deployed)).rejects.toThrow("the document is empty; write {}");
    }
  });
});
