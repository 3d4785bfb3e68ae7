import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { documentOf } from "../../fixtures/configuration.ts";

const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:room-AbCdEf";
const room = { name: "room", kind: "slack", webhook: SECRET };
const hook = { name: "hook", kind: "webhook", webhook: SECRET, hosts: ["hooks.example.com"] };

const parse = (notifications: readonly object[], notify?: readonly string[]) =>
  parseConfiguration({
    ...documentOf({
      repositories: ["**"],
      destinations: ["gar"],
      ...(notify === undefined ? {} : { notify: [...notify] }),
    }),
    stack: { notifications },
  });

describe("channels in the configuration", () => {
  it("are told about problems by default", () => {
    const { stack } = parse([room]);
    expect(stack.notifications).toEqual([{ ...room, on: ["failed", "late", "quarantined", "alarm"] }]);
    expect(parse([]).stack.notifications).toEqual([]);
  });

  it("are named by rules: by default all, none with an empty list", () => {
    expect(parse([room]).rules[0]?.notify).toBeUndefined();
    expect(parse([room], []).rules[0]?.notify).toEqual([]);
    expect(parse([room, hook], ["hook"]).rules[0]?.notify).toEqual(["hook"]);
  });

  it.each<[string, readonly object[], readonly string[], RegExp]>([
    ["an unknown channel", [room], ["ops"], /rules\[0\]\.notify: "ops" is not a channel \(known: room\)/],
    ["a channel without any", [], ["ops"], /"ops" is not a channel \(there are none in stack\.notifications\)/],
    ["a name twice", [room, { ...hook, name: "room" }], [], /stack\.notifications: "room" is defined twice/],
    [
      "a URL in place of its secret",
      [{ ...room, webhook: "https://hooks.slack.com/x" }],
      [],
      /notifications\[0\]\.webhook: is not the complete ARN/,
    ],
    ["a webhook without hosts", [{ ...hook, hosts: [] }], [], /notifications\[0\]\.hosts: /],
    [
      "plain HTTP elsewhere",
      [{ ...hook, plainHttp: true }],
      [],
      /notifications\[0\]\.plainHttp: plain HTTP is only for loopback/,
    ],
    ["nothing to tell", [{ ...room, on: [] }], [], /notifications\[0\]\.on: /],
    ["an unknown kind", [{ ...room, kind: "pager" }], [], /notifications\[0\]\.kind: /],
    ["a field of another kind", [{ ...room, hosts: ["x.test"] }], [], /hosts/],
  ])("cannot have %s", (_what, channels, notify, problem) => {
    expect(() => parse(channels, notify)).toThrow(problem);
  });
});
