import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startLink } from "../../bench/link/link.ts";
import { parseBenchOptions } from "../../bench/options.ts";
import { cpuMsOf } from "../../bench/process-stat.ts";
import { isRequest } from "../../bench/registry-process.ts";
import { summaryRow } from "../../bench/report.ts";
import type { Run } from "../../bench/run-copy.ts";
import { median, pairedRatio, percentile } from "../../bench/statistics.ts";
import { formatTable } from "../../bench/table.ts";
import type { Tool } from "../../bench/tools/tool.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

function tool(name: string, kind: Tool["kind"]): Tool {
  return { name, kind, takes: () => true, commands: () => [] };
}

function run(wallMs: number, cpuMs = 0): Run {
  const rest = { memoryBytes: 0, sourceRequests: 0, targetRequests: 0, proxyCpuMs: 0, registryCpuMs: 0 };
  return { wallMs, cpuMs, ...rest };
}

describe("statistics of the bench", () => {
  it("are medians, and ratios pair by pair", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(pairedRatio([1, 2, 9], [2, 4, 3])).toBe(0.5);
  });

  it("compare only the rounds that both tools ran", () => {
    expect(pairedRatio([1, 2, 9], [2])).toBe(0.5);
  });

  it("are percentiles by nearest rank", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([50, 99, 100].map((rank) => percentile(values, rank))).toEqual([100, 198, 200]);
    expect(percentile([7], 1)).toBe(7);
  });

  it("compare our tool with the peer of the shortest median, never with a limit or another of ours", () => {
    const ours = tool("ours", "ours");
    const runs = new Map([
      [ours, [run(1_000, 500), run(2_000, 700)]],
      [tool("checkout", "ours"), [run(100), run(100)]],
      [tool("slow", "peer"), [run(9_000), run(9_000)]],
      [tool("fast", "peer"), [run(2_000, 100), run(1_000, 300)]],
      [tool("wire", "limit"), [run(1), run(1)]],
    ]);
    const row = summaryRow({ workload: "big", link: "tls, 30 ms", runs }, ours);
    expect(row).toEqual(["big", "tls, 30 ms", "1.50 s", "fast", "1.50 s", "1.25", "0.60 s", "0.20 s"]);
    expect(summaryRow({ workload: "big", link: "", runs: new Map([[ours, [run(1)]]]) }, ours)).toBeUndefined();
  });

  it("are a table whose columns line up", () => {
    expect(
      formatTable([
        ["a", "long head"],
        ["wide cell", "b"],
      ]),
    ).toBe("| a         | long head |\n| --------- | --------- |\n| wide cell | b         |");
  });
});

describe("what the bench reads", () => {
  it("is the CPU time of a process and of its children, whatever its name", () => {
    const stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 12 34 5 6 20 0 1 0";
    expect(cpuMsOf(stat)).toEqual({ own: 460, children: 110 });
  });

  it("counts requests of the registry's API in its access log", () => {
    const line = (request: string): string => `127.0.0.1 - - [26/Nov/2026:20:00:00 +0000] "${request}" 200 2 "" "curl"`;
    expect(isRequest(line("GET /v2/bench/big/manifests/v0 HTTP/2.0"))).toBe(true);
    expect(isRequest(line("GET / HTTP/1.1"))).toBe(false);
    expect(isRequest("time=2026 level=error msg=GET /v2/")).toBe(false);
  });

  it("is its command line", () => {
    expect(parseBenchOptions([])).toMatchObject({ command: "copies", rounds: 3, linksMs: [0, 30, 100], pushes: 200 });
    const given = ["visible", "--quick", "--only", "big,tiny", "--links", "0", "--transports", "tls"];
    expect(parseBenchOptions(given)).toMatchObject({
      command: "visible",
      rounds: 1,
      only: ["big", "tiny"],
      linksMs: [0],
      transports: ["tls"],
      pushes: 10,
    });
  });

  it.each([["--rounds", "0"], ["--links", "30,"], ["--transports", "quic"], ["invisible"], ["visible", "too"]])(
    "is refused when it is %s %s",
    (...args) => {
      expect(() => parseBenchOptions(args)).toThrow(/takes|there is no command/);
    },
  );
});

describe("the latency proxy in Node", () => {
  it("adds a round trip to every exchange without changing a byte", async () => {
    const body = "x".repeat(2_000_000);
    await using server = await scriptedServer((_got, response) => void response.end(body));
    await using link = await startLink(server.host, { roundTripMs: 60 });
    const started = performance.now();
    expect(await (await fetch(`http://${link.host}/`)).text()).toBe(body);
    expect(performance.now() - started).toBeGreaterThan(100);
  });

  it("changes no byte of what a client sends, and counts its CPU", async () => {
    const sent = randomBytes(3_000_000);
    await using server = await scriptedServer(({ body }, response) => void response.end(hashOf(body)));
    await using link = await startLink(server.host, { roundTripMs: 2 });
    const answer = await fetch(`http://${link.host}/`, { method: "PUT", body: sent });
    expect(await answer.text()).toBe(hashOf(sent));
    expect(link.cpuMs()).toBeGreaterThan(0);
  });

  it("is no proxy where there is no latency", async () => {
    await using link = await startLink("127.0.0.1:1", { roundTripMs: 0 });
    expect(link.host).toBe("127.0.0.1:1");
  });
});

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
