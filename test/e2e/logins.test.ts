import { describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { FEDERATION } from "../../local/stack/registries.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import type { StackOptions } from "../../local/stack/stack-options.ts";
import { localStackAccess } from "../../src/wiring/operations/local-stack-access.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { readStackStatus } from "../../src/wiring/operations/stack-status.ts";
import { eventually } from "../fixtures/eventually.ts";
import { freightliner } from "../fixtures/processes/freightliner.ts";
import { push } from "../fixtures/images/push.ts";

const signal = AbortSignal.timeout(600_000);

/** A running stack and its logs. */
async function startLoggedStack(options: Partial<StackOptions> = {}) {
  const logs: string[] = [];
  const stack = await startStack({
    concurrency: 2,
    timeoutSeconds: 30,
    reconcileAfterMs: 3_600_000,
    onLog: (_name, line) => void logs.push(line),
    ...options,
  });
  const operations = await openOperations("freightliner", localStackAccess(stack.lambdaEndpoint) ?? {}, signal);
  return {
    stack,
    logs,
    look: () => readStackStatus(operations),
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]();
      await stack[Symbol.asyncDispose]();
    },
  };
}

function pushTag({ source }: Stack, tag: string): Promise<void> {
  const image = imageOf([layer(tag, 10_000)], { os: "linux", architecture: "amd64" });
  return push(source, image, { repository: "app", tag }, signal);
}

describe("a login that expires while Freightliner runs", () => {
  it("is renewed at ECR, and the copy continues", async () => {
    let refused = 0;
    let isOld = false;
    await using around = await startLoggedStack({
      // Only the functions read manifests from the source.
      isSourceTokenExpired({ method, url = "" }) {
        if (!isOld || method === "PUT" || !url.includes("/manifests/")) return false;
        refused++;
        isOld = false;
        return true;
      },
    });
    await pushTag(around.stack, "v1");
    await eventually("the first tag", async () => ((await around.look()).tags.equal === 1 ? true : undefined));
    isOld = true;
    await pushTag(around.stack, "v2");
    await eventually("the second tag", async () => ((await around.look()).tags.equal === 2 ? true : undefined));
    expect(refused).toBe(1);
    expect(around.stack.depth("dead-letters").visible).toBe(0);
  }, 600_000);

  it("is exchanged again at Google when the registry refuses it", async () => {
    await using around = await startLoggedStack();
    await pushTag(around.stack, "v1");
    await eventually("the first tag", async () => ((await around.look()).tags.equal === 1 ? true : undefined));
    around.stack.target.revokeTokens();
    await pushTag(around.stack, "v2");
    await eventually("the second tag", async () => ((await around.look()).tags.equal === 2 ? true : undefined));
    expect(around.stack.depth("dead-letters").visible).toBe(0);
  }, 600_000);
});

describe("a role that Google does not trust", () => {
  it.each([
    ["for another audience", { ...FEDERATION, audience: `${FEDERATION.audience}-other` }, /invalid_grant.*audience/],
    [
      "as another service account",
      { ...FEDERATION, serviceAccount: "other@project.iam.gserviceaccount.com" },
      /getAccessToken.* denied/,
    ],
  ])(
    "%s makes pushes wait with a reason and advice, and opens no circuit",
    async (_case, federation, says) => {
      await using around = await startLoggedStack({ federation });
      await pushTag(around.stack, "v1");
      const waiting = "Copy deferred";
      await eventually("a deferral", () => around.logs.find((line) => line.includes(waiting)));
      await eventually("its record", async () => ((await around.look()).tags.waiting === 1 ? true : undefined));
      const { tags, destinations, deadLetters } = await around.look();
      expect([tags.all, deadLetters]).toEqual([1, 0]);
      expect(destinations[0]).toMatchObject({ circuit: { state: "closed" }, intake: { state: "full" } });
      const deferred = around.logs.find((line) => line.includes(waiting)) ?? "{}";
      const { reason, error }: { reason?: string; error?: string } = JSON.parse(deferred);
      expect(reason).toBe("login-refused");
      expect(error).toMatch(says);
      expect(error).toContain("check the pool, its provider, the attribute condition and the service account");
      const doctor = await freightliner(["doctor", "--local", around.stack.lambdaEndpoint]);
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(/FAIL {2}copy function: writes to local\n.*check the pool, its provider/);
      expect(doctor.stdout).toContain("ok    copy function: reads the source");
    },
    600_000,
  );
});
