import { describe, expect, it } from "vitest";
import { startLatency } from "../../bench/processes.ts";
import { median, pairedRatio } from "../../bench/statistics.ts";
import { formatTable } from "../../bench/table.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

describe("the bench", () => {
  it("takes medians, and ratios pair by pair", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(pairedRatio([1, 2, 9], [2, 4, 3])).toBe(0.5);
  });

  it("prints a table whose columns line up", () => {
    expect(
      formatTable([
        ["a", "long head"],
        ["wide cell", "b"],
      ]),
    ).toBe("| a         | long head |\n| --------- | --------- |\n| wide cell | b         |");
  });

  it("adds a round trip to every exchange without changing a byte", async () => {
    const body = "x".repeat(2_000_000);
    await using server = await scriptedServer((_got, response) => void response.end(body));
    await using proxy = await startLatency(server.host, 60);
    const started = performance.now();
    expect(await (await fetch(`http://${proxy.host}/`)).text()).toBe(body);
    expect(performance.now() - started).toBeGreaterThan(100);
  });
});
