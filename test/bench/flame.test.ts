import { describe, expect, it } from "vitest";
import { parseCallTree } from "../../bench/flame/call-tree.ts";
import { drawFlameGraph } from "../../bench/flame/flame-graph.ts";

const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 0 });

/** `main` calls `send` from two places; half of the time is idle. */
const PROFILE = JSON.stringify({
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3] },
    { id: 2, callFrame: frame("main", "file:///home/someone/project/src/main.ts"), children: [4, 5] },
    { id: 3, callFrame: frame("(idle)") },
    { id: 4, callFrame: frame("send", "file:///home/someone/project/node_modules/undici/lib/client.js") },
    { id: 5, callFrame: frame("send", "file:///home/someone/project/node_modules/undici/lib/client.js") },
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [100, 400, 200, 100],
});

describe("a flame graph", () => {
  it("adds up the calls of one function by one caller, and leaves out the time without work", () => {
    expect(parseCallTree(PROFILE)).toEqual({
      name: "all",
      file: "",
      totalUs: 400,
      children: [
        {
          name: "main",
          file: "src/main.ts",
          totalUs: 400,
          children: [{ name: "send", file: "undici/lib/client.js", totalUs: 300, children: [] }],
        },
      ],
    });
  });

  it("has a box for each call, as wide as its share, and says nothing of the machine", () => {
    const picture = drawFlameGraph(parseCallTree(PROFILE), { title: "a <b>", subtitle: "c" });
    expect(picture).toContain('<title>send undici/lib/client.js 75.0 %</title><rect x="0.0"');
    expect(picture).toContain('width="900.0"');
    expect(picture).toContain("a &lt;b&gt;");
    expect(picture).not.toContain("someone");
  });
});
