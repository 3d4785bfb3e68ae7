import { describe, expect, it } from "vitest";
import { createApi } from "../../src/api/create-api.ts";
import type { ApiPorts } from "../../src/api/protocol/api-ports.ts";
import { signedCaller } from "../../src/api/protocol/caller.ts";
import { operationsOf } from "../../src/wiring/operations/open-operations.ts";
import { StoreError } from "../../src/replication/state/record-store.ts";
import { NEVER } from "../../src/async/abort.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";

const REDRIVE = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };

/** Of a stack that no request of these tests reaches. */
const VARIABLES = {
  FREIGHTLINER_STACK: "freightliner",
  FREIGHTLINER_TABLE: "table",
  FREIGHTLINER_CONFIGURATION_FILE: "configuration.json",
  FREIGHTLINER_PARTS: JSON.stringify(
    stackPartsOf({
      source: { account: "123456789012", region: "us-east-1" },
      destinations: [{ name: "gar" }],
      longLane: false,
      reconcile: { everyMinutes: 10, schedules: [] },
    }),
  ),
};

/** The API without a stack: what its guards refuse reaches none. */
function apiOf(given: Partial<ApiPorts> = {}) {
  const problems: unknown[] = [];
  const audits: unknown[] = [];
  const time = { now: 0 };
  const unavailable = (): Promise<never> => Promise.reject(new StoreError("table t cannot be used"));
  const api = createApi({
    operations: operationsOf(VARIABLES, { region: "us-east-1" }, NEVER),
    status: unavailable,
    configuration: unavailable,
    jobs: () => Promise.resolve(undefined),
    receiptKey: () => Promise.resolve(undefined),
    callerOf: (environment) => signedCaller({ event: environment }),
    role: "operator",
    origins: [],
    audit: (entry) => audits.push(entry),
    failed: (error) => problems.push(error),
    now: () => time.now,
    ...given,
  });
  const send = (path: string, options: RequestInit = {}, userArn = "arn:aws:iam::1:user/ann") => {
    const caller = { requestContext: { requestId: "r-1", authorizer: { iam: { userArn } } } };
    return Promise.resolve(api.fetch(new Request(`https://api.test${path}`, options), caller));
  };
  return { send, problems, audits, time };
}

describe("the guards of the HTTP API", () => {
  it("refuse every write of a viewer, and report it", async () => {
    const { send, audits } = apiOf({ role: "viewer" });
    expect((await send("/api/dead-letters/redrive", REDRIVE)).status).toBe(403);
    expect((await send("/health")).status).toBe(200);
    expect(audits).toEqual([
      {
        correlationId: "r-1",
        caller: "arn:aws:iam::1:user/ann",
        method: "POST",
        path: "/api/dead-letters/redrive",
        status: 403,
      },
    ]);
  });

  it("let each caller send so many requests a second, and say when the next one is welcome", async () => {
    const { send, time } = apiOf();
    const many = async (user: string, count: number): Promise<number> => {
      const sent = await Promise.all(Array.from({ length: count }, () => send("/health", {}, user)));
      return sent.filter(({ status }) => status === 429).length;
    };
    expect(await many("ann", 120)).toBe(20);
    expect((await send("/health", {}, "ann")).headers.get("retry-after")).toBe("1");
    expect(await many("bob", 10)).toBe(0);
    time.now += 1_000;
    expect(await many("ann", 60)).toBe(10);
  });

  it("answer a page of an allowed origin, exactly, and give others no header of CORS", async () => {
    const { send } = apiOf({ origins: ["https://console.example"] });
    const from = async (origin: string): Promise<string | null> =>
      (await send("/health", { headers: { origin } })).headers.get("access-control-allow-origin");
    expect(await from("https://console.example")).toBe("https://console.example");
    expect(await from("https://console.example.evil.test")).toBeNull();
    expect(await from("http://console.example")).toBeNull();
    expect(await from("null")).toBeNull();
  });

  it("say that the table does not answer, and nothing about anything else that fails", async () => {
    const { send, problems } = apiOf({ configuration: () => Promise.reject(new Error("secret of the library")) });
    const [table, other] = [await send("/api/status"), await send("/api/rules")];
    expect([table.status, other.status]).toEqual([503, 500]);
    expect(await other.text()).not.toContain("secret");
    expect(problems).toHaveLength(2);
  });

  it("answer no request that no signature came with", async () => {
    const { send, problems } = apiOf({ callerOf: () => signedCaller({ event: {} }) });
    expect((await send("/health")).status).toBe(500);
    expect(problems).toHaveLength(1);
  });
});
