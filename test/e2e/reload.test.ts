import { describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import { parseLogLine } from "../../local/view/log-line.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createObserved } from "../functions/observer.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { testSource } from "../fixtures/registry-client.ts";

const never = AbortSignal.timeout(600_000);
const rulesOf = (tags: string) =>
  `rules:\n  - repositories: ["**"]\n    tags: ["${tags}"]\n    destinations: [local]\n`;

describe("a reload of a running stack", () => {
  it("changes which pushes are copied, without a new start", async () => {
    const ignored: string[] = [];
    await using stack = await startStack({
      concurrency: 2,
      timeoutSeconds: 60,
      external: rulesOf("v*"),
      flags: ["retries.preset=patient"],
      onLog(_name, line) {
        if (parseLogLine(line)?.message === "Event asks for no copy") ignored.push(line);
      },
    });
    await using connections = createConnections();
    const { target } = stack;
    const credentials = { kind: "basic", username: target.username, password: target.password } as const;
    const reader = testSource({ host: target.registry, repository: `${target.prefix}/app`, credentials }, connections);
    const arrived = (tag: string) =>
      eventually(`app:${tag}`, async () => (await reader.resolve(parseTag(tag), never))?.digest);
    const pushTag = (tag: string) =>
      push(
        stack.source,
        imageOf([layer(tag, 1_000)], { os: "linux", architecture: "amd64" }),
        { repository: "app", tag },
        never,
      );
    await pushTag("dev");
    await eventually("the event without a copy", () => ignored[0]);
    await pushTag("v1");
    await arrived("v1");
    // As `npm start -- --config FILE` does: it watches a stack that is running.
    const watching = stack.configuration.feed(createObserved());
    expect((await watching.current(never)).rules[0]?.matchesTag("v1")).toBe(true);
    stack.configuration.deploy(rulesOf("dev*"));
    // The fan-out function polls at most every second, when an event comes.
    const found = await eventually("a push by the new rules", async () => {
      await pushTag("dev");
      return (await reader.resolve(parseTag("dev"), never))?.digest;
    });
    expect(found).toBeDefined();
  });
});
