import { describe, expect, it } from "vitest";
import { ExitCode } from "../../cli/errors/exit-code.ts";
import { run } from "../../cli/run.ts";
import { describeLetters } from "../../cli/stack/redrive.ts";
import { describeStatus } from "../../cli/stack/status.ts";
import type { DeadLetter } from "../../src/api/schemas/dead-letter.ts";
import { statusOf } from "../../src/api/schemas/status.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import { specificationProfile } from "../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import type { StackStatus } from "../../src/wiring/operations/stack-status.ts";
import { captureTerminal } from "../fixtures/processes/terminal.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

/** Clears the screen, sets the window's title, reverses the direction of text, and begins a line that looks like ours. */
const HOSTILE = "\u001B[2J\u001B]0;owned\u0007\u009B31m\u202Egpj\u2028\r\nfreightliner: all is well";
const HARMLESS = String.raw`\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egpj\u2028\u000d\u000afreightliner: all is well`;
const OBEYED = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

function screenOf(isTTY = false) {
  const written: string[] = [];
  const screen = createScreen({ isTTY, columns: 500, write: (text) => void written.push(text) });
  return { screen, text: () => written.join("") };
}

describe("a screen", () => {
  it("shows what a terminal would obey, and keeps each line one line", () => {
    const { screen, text } = screenOf();
    screen.lines([HOSTILE, "second – zweite – 二"]);
    expect(text()).toBe(`${HARMLESS}\nsecond – zweite – 二\n`);
  });

  it.each(["\t", "\u007F", "\u0085", "\u200E", "\u200F", "\u061C", "\u2029", "\u202A", "\u2066", "\u2069", "\uD800"])(
    "lets %j through as an escape only",
    (character) => {
      const { screen, text } = screenOf();
      screen.lines([`a${character}b`]);
      expect(text()).toBe(`a\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}b\n`);
    },
  );

  it("writes JSON that says the same to programs, without a character that a terminal obeys", () => {
    const { screen, text } = screenOf();
    screen.json({ [HOSTILE]: HOSTILE });
    expect(text().trimEnd()).not.toMatch(OBEYED);
    expect(JSON.parse(text())).toEqual({ [HOSTILE]: HOSTILE });
  });

  it("draws pages and bars with control sequences of its own only", () => {
    const { screen, text } = screenOf(true);
    screen.page([HOSTILE]);
    screen.overwrite(HOSTILE);
    expect(text()).toBe(`\u001B[2J\u001B[H${HARMLESS}\n\r\u001B[2K${HARMLESS}`);
  });
});

describe("text from outside", () => {
  it("in the platforms of an index is shown in the line that says which there are, and no more than twenty", async () => {
    await using folder = await temporaryFolder();
    const files = await openRegistryFiles(folder.path);
    const registry = await startRegistry({ directory: folder.path, files, profile: specificationProfile });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const put = async (reference: string, manifests: readonly object[]) => {
      const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests, annotations: { reference } });
      const url = `http://${registry.host}/v2/app/manifests/${reference}`;
      const { status, headers } = await fetch(url, { method: "PUT", headers: { "content-type": mediaType }, body });
      expect(status).toBe(201);
      return { mediaType, digest: headers.get("docker-content-digest"), size: body.length };
    };
    const manifests: object[] = [];
    for (let index = 0; index < 30; index++) {
      const platform = { os: HOSTILE, architecture: `a${index}` };
      manifests.push({ ...(await put(`part-${index}`, [])), platform });
    }
    await put("v1", manifests);
    const { terminal, err: text } = captureTerminal();
    const args = ["copy", `${registry.host}/app:v1`, `${registry.host}/b`, "--platform", "linux/arm64"];
    expect(await run(args, terminal, AbortSignal.timeout(600_000))).toBe(ExitCode.notFound);
    await registry.close();
    expect(text()).toContain(`has no linux/arm64; it has ${HARMLESS}/a0, `);
    expect(text()).toMatch(/\/a19 and 10 more\n$/);
    expect(text().trimEnd()).not.toMatch(OBEYED);
  });

  it("in a dead letter is shown in the letter's own line: its body, its reason and its error", () => {
    const letter: DeadLetter = {
      id: "m",
      excerpt: HOSTILE,
      class: "message",
      reason: HOSTILE,
      error: HOSTILE,
      failedAt: Date.now(),
      redriven: false,
    };
    const { screen, text } = screenOf();
    screen.lines(describeLetters([letter], 1));
    const lines = text().trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(`message: ${HARMLESS} (1)`);
    expect(lines[1]).toContain(`ago: ${HARMLESS}`);
    expect(lines.filter((line) => OBEYED.test(line))).toEqual([]);
  });

  it("in the key of a tag is shown in the tag's own line", () => {
    const { screen, text } = screenOf();
    const found: StackStatus = {
      at: 0,
      destinations: [],
      pausedRepositories: [],
      comparisons: [],
      deadLetters: 0,
      tags: { all: 1, equal: 0, copying: 0, waiting: 0, failed: 1, skipped: 0, quarantined: 0, cancelled: 0 },
      behind: [
        {
          key: HOSTILE,
          state: "failed",
          lagMs: 0,
          copy: 1,
          last: { outcome: "failed", reason: "target-denied" },
          replicated: undefined,
        },
      ],
      arrived: [],
    };
    screen.lines(describeStatus("images", statusOf(found)));
    const lines = text().trimEnd().split("\n");
    expect(lines.filter((line) => OBEYED.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes(`failed   ${HARMLESS}  pushed`))).toHaveLength(1);

    // A comparison that runs has not the end that its record still has of the one before.
    const regular = { name: "regular", begins: "every minute", startedAt: 2_000, finishedAt: 1_000 };
    const running = describeStatus("images", { ...statusOf(found), comparisons: [regular] });
    expect(running).toContainEqual(expect.stringMatching(/ago, not finished; the last one finished .* ago$/));
    const ended = describeStatus("images", { ...statusOf(found), comparisons: [{ ...regular, finishedAt: 3_000 }] });
    expect(ended).toContainEqual(expect.stringMatching(/started [^;]* ago, finished [^;]* ago$/));
  });
});
