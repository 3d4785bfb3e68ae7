import { expect, it } from "vitest";
import { CANARY_REPOSITORY, DESTINATION } from "../../local/stack/local-names.ts";
import { startStack } from "../../local/stack/stack.ts";
import { CANARY_TAG } from "../../src/contract/stack/limits.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { eventually } from "../fixtures/eventually.ts";
import { freightliner } from "../fixtures/processes/freightliner.ts";
import { testEndpoint, testSource } from "../fixtures/registry-client.ts";

const never = AbortSignal.timeout(600_000);
const HOURS = 3_600_000;

it("a canary arrives by its event, and not while the rule is disabled", async () => {
  const rule = { isEnabled: false };
  const logged: string[] = [];
  await using stack = await startStack({
    concurrency: 2,
    timeoutSeconds: 60,
    reconcileAfterMs: HOURS,
    canaryAfterMs: HOURS,
    canary: true,
    delivery: () => (rule.isEnabled ? "once" : "never"),
    onLog: (_name, line) => void logged.push(line),
  });
  await using connections = createConnections();
  const { username, password, registry, blobHost } = stack.source;
  const credentials = { kind: "basic", username, password } as const;
  const place = { host: registry, repository: CANARY_REPOSITORY, credentials, allowedHosts: [blobHost] };
  const tag = parseTag(CANARY_TAG);
  const look = () => stack.canary();
  const watched = (arrived: readonly string[], pushed = false) => ({
    kind: "returned",
    value: { outcome: "watched", pushed, arrived },
  });

  expect(await look()).toEqual(watched([], true));
  const canary = await testSource(place, connections).readManifest(tag, never);
  expect(canary?.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
  expect(await look()).toEqual(watched([]));

  rule.isEnabled = true;
  // The same image again: ECR emits another event.
  if (canary !== undefined)
    await createRegistryTarget(testEndpoint(place, connections)).putManifest(canary, tag, never);
  await eventually("the arrival", async () => {
    const looked = await look();
    return looked?.kind === "returned" && JSON.stringify(looked.value).includes(DESTINATION) ? looked : undefined;
  });
  expect(await look()).toEqual(watched([]));
  const says = (...words: string[]) => logged.filter((line) => words.every((word) => line.includes(`"${word}"`)));
  expect(says("Canary arrived")).toHaveLength(1);
  expect(says("CanaryAge", DESTINATION).length).toBeGreaterThan(0);

  // It counts as replicated, and not as a push that met the goal.
  await eventually("the metrics of the copy", () => says("TagsReplicated")[0]);
  expect(says("PushesOnTime")).toEqual([]);
  const { stdout } = await freightliner(["slo", "--local", stack.lambdaEndpoint, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ destinations: [{ destination: DESTINATION, counted: 0, pending: 0 }] });
});
