import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../cli/run.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import { imageOf, indexOf, layer, withReferrer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";

const signal = AbortSignal.timeout(600_000);
const amd64 = imageOf([layer("base", 400_000), layer("app", 20_000)], { os: "linux", architecture: "amd64" });
const arm64 = imageOf([layer("other", 380_000), layer("app", 20_000)], { os: "linux", architecture: "arm64" });
const image = withReferrer(
  indexOf([amd64, arm64]),
  "application/vnd.example.scan",
  new TextEncoder().encode("nothing found"),
);

/** Commands and what they print, as the document has them: each block is a run of its own. */
const EXAMPLE = /```console\n\$ freightliner (.+)\n((?:.*\n)*?)```/g;
const examples = [...readFileSync("docs/use/cli.md", "utf8").matchAll(EXAMPLE)].map(
  ([, command = "", printed = ""]) => ({
    command,
    printed,
  }),
);

describe("the examples of docs/use/cli.md", () => {
  const parts = new AsyncDisposableStack();
  const hosts = new Map<string, string>();

  beforeAll(async () => {
    const source = parts.use(await scratchRegistry());
    const target = parts.use(await scratchRegistry());
    hosts.set("registry.example.com", source.host).set("mirror.example.com", target.host);
    hosts.set("nowhere.example.com", "127.0.0.1:1");
    await pushImage(image, { registry: source.host, repository: "team/app", tag: "v1" }, signal);
    await pushImage(arm64, { registry: source.host, repository: "team/app", tag: "v2" }, signal);
  });
  afterAll(() => parts.disposeAsync());

  /** Runs a command with the names of the document; what depends on the machine is made equal. */
  async function printedBy(command: string): Promise<string> {
    let text = "";
    const screen = createScreen({ write: (part) => void (text += part) });
    const args = command
      .split(" ")
      .map((word) => [...hosts].reduce((all, [name, host]) => all.replace(name, host), word));
    await run(args, { out: screen, err: screen, environment: {}, ask: undefined }, signal);
    for (const [name, host] of hosts) text = text.replaceAll(host, name);
    return text.replaceAll(/\b\d+(?:\.\d+)? m?s\b/g, "42 ms");
  }

  it("are there: copies, dry runs, a list of tags, a picture, a comparison, errors", () => {
    const commands = examples.map(({ command }) => command.split(" ")[0]);
    expect(commands).toEqual(expect.arrayContaining(["copy", "tags", "digest", "inspect", "verify", "delete"]));
    expect(examples.filter(({ printed }) => printed.startsWith("freightliner: ")).length).toBeGreaterThan(3);
  });

  // In their order: a copy comes before what looks at it.
  it.each(examples)("print what they are said to print: $command", async ({ command, printed }) => {
    expect(await printedBy(command)).toBe(printed);
  });
});
