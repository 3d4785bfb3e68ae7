import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { formatReference, isRegistryHost, isRepositoryName, isTag, parseReference } from "../../src/oci/reference.ts";

const digest = `sha256:${"b".repeat(64)}`;

describe("a reference", () => {
  it.each([
    ["gcr.io/p/app:v1", { registry: "gcr.io", name: "p/app", tag: "v1", digest: undefined }],
    ["127.0.0.1:5000/app", { registry: "127.0.0.1:5000", name: "app", tag: undefined, digest: undefined }],
    [`localhost:5000/a/b-c__d.e@${digest}`, { registry: "localhost:5000", name: "a/b-c__d.e", tag: undefined, digest }],
    [`r.io/a:v1@${digest}`, { registry: "r.io", name: "a", tag: "v1", digest }],
    ["[::1]:5000/app:v1", { registry: "[::1]:5000", name: "app", tag: "v1", digest: undefined }],
  ])("is read from %s, and written back the same", (text, expected) => {
    const reference = parseReference(text);
    expect(reference).toEqual(expected);
    expect(formatReference(reference)).toBe(text);
  });

  it.each([
    ["docker.io/bash:5", "docker.io/library/bash:5"],
    ["index.docker.io/bash:5", "docker.io/library/bash:5"],
    ["registry-1.docker.io/bash", "docker.io/library/bash"],
    ["Docker.IO/grafana/grafana:12", "docker.io/grafana/grafana:12"],
    [`docker.io/bash@${digest}`, `docker.io/library/bash@${digest}`],
    ["docker://r.io/a:v1", "r.io/a:v1"],
    ["docker://docker.io/bash", "docker.io/library/bash"],
    ["oci:5000/a", "oci:5000/a"],
  ])("of %s means %s", (text, meant) => {
    expect(formatReference(parseReference(text))).toBe(meant);
  });

  it.each([
    ["bash:5", 'at Docker Hub it is "docker.io/bash:5"'],
    ["grafana/grafana:12", 'at Docker Hub it is "docker.io/grafana/grafana:12"'],
    ["oci:/tmp/layout:v1", 'begins with "oci:", which names no registry'],
    ["docker-archive:/tmp/a.tar", 'begins with "docker-archive:", which names no registry'],
    ["containers-storage:a/b", 'begins with "containers-storage:", which names no registry'],
    ["ocidir://tmp/layout", 'begins with "ocidir:", which names no registry'],
    ["oci://r.io/chart:1", 'leave out "oci://"'],
    ["https://r.io/a:v1", 'leave out "https://"'],
  ])("that is none, %s, says what to write instead", (text, advice) => {
    expect(() => parseReference(text)).toThrow(advice);
  });

  it.each([
    "app:v1",
    "team/app:v1",
    "docker://",
    "docker://docker://r.io/a",
    "/app:v1",
    "r.io/",
    "r.io/App",
    "r.io/a//b",
    "r.io/../b",
    "r.io/a:",
    "r.io/a:v 1",
    "r.io/a:-v1",
    `r.io/a:${"x".repeat(129)}`,
    "r.io/a@sha256:short",
    `r.io/a@${digest}@${digest}`,
    "https://r.io/a:v1",
    "user@r.io/a:v1",
    "r.io:99999/a",
    "r.io/a\r\nHost: evil",
    `r.io/${"a/".repeat(130)}a`,
    "r..io/a",
    "-r.io/a",
    "2130706433/a",
    "0x7f.1/a",
    "127.1/a",
    "127.0.0.999/a",
    "[:::]/a",
    "gcr.io./a",
  ])("is not %j", (text) => {
    expect(() => parseReference(text)).toThrow(FormatError);
  });

  it("is parsed back unchanged, whatever its parts are", () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
    const name = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    fc.assert(
      fc.property(name, optional(tag), optional(fc.constant(digest)), (name, tag, digest) => {
        const text = `r.io:5000/${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
        expect(parseReference(text)).toEqual({ registry: "r.io:5000", name, tag, digest });
        expect(formatReference(parseReference(text))).toBe(text);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it("names a host that a URL does not rewrite: no spelling evades a rule about hosts", () => {
    const part = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    const host = fc.tuple(part, fc.option(fc.integer({ min: 1, max: 70_000 }), { nil: undefined }));
    fc.assert(
      fc.property(host, ([part, port]) => {
        const text = port === undefined ? part : `${part}:${port}`;
        return !isRegistryHost(text) || new URL(`http://${text}/v2/`).hostname === part.toLowerCase();
      }),
      { seed: 6, numRuns: 1_000 },
    );
    expect(["gcr.io", "GCR.io:443", "[::1]", "10.0.0.1:5000", "localhost"].every(isRegistryHost)).toBe(true);
  });

  it("never has a character that could break out of a URL or header", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        return !(isRepositoryName(text) || isTag(text)) || /^[A-Za-z0-9._/-]+$/.test(text);
      }),
      { seed: 2, numRuns: 2_000 },
    );
    expect(isRepositoryName("a/../b")).toBe(false);
    expect(isRegistryHost("evil.test/gcr.io")).toBe(false);
  });
});
