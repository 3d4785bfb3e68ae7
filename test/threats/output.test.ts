import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { parseRepositoryName, parseTag } from "../../src/oci/reference.ts";
import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Script } from "../fixtures/servers/scripted-server.ts";
import { besieged, failureOf } from "./canary.ts";

const signal = AbortSignal.timeout(600_000);
const digest = digestOf(new TextEncoder().encode("x"));

/** Text that would control a terminal, split a log line or flood it. */
const TRICKS: readonly string[] = [
  'first line\r\n{"level":"ERROR","message":"forged"}',
  "\u001B[2J\u001B[31mred\u001B[0m\u0007",
  "left\u2028right\u2029end",
  "\u202Egnp.exe\u202C",
  "x".repeat(1_000_000),
];

describe("T21: text from outside", () => {
  it.each(TRICKS)("in an error becomes one short line (%#)", async (text) => {
    const script = (): Script => (_got, response) => {
      response.writeHead(403).end(JSON.stringify({ errors: [{ code: text, message: text }] }));
    };
    await besieged({ script }, async ({ source }) => {
      const { message } = await failureOf(source.fetchManifest({ digest }, signal));
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect(message.length).toBeLessThan(1_000);
      expect(JSON.stringify({ message }).split("\n")).toHaveLength(1);
    });
  });

  it.each(TRICKS)("in a name is shown shortened and on one line (%#)", (text) => {
    for (const parse of [parseRepositoryName, parseTag]) {
      const error: unknown = (() => {
        try {
          return parse(text);
        } catch (caught) {
          return caught;
        }
      })();
      expect(error).toBeInstanceOf(FormatError);
      expect(describeError(error)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(describeError(error).length).toBeLessThan(1_000);
    }
  });
});
