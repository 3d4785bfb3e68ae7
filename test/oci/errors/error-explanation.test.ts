import { describe, expect, it } from "vitest";
import { formatExplanation, explainError } from "../../../src/oci/errors/error-explanation.ts";
import { REGISTRY_OPERATIONS, RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { RegistryFailure } from "../../../src/oci/errors/registry-error.ts";

const occasion: RegistryFailure = {
  side: "target",
  operation: "put-manifest",
  category: "permanent",
  subject: "r.test/app:v1",
};
const failed = (problem: string, more: Partial<RegistryFailure> = {}): RegistryError =>
  new RegistryError({ ...occasion, ...more }, problem);

/** Answers and breakdowns of every kind there are words for. */
const PROBLEMS: readonly (readonly [problem: string, status: number | undefined])[] = [
  ["HTTP 401 UNAUTHORIZED", 401],
  ["HTTP 403 DENIED readers do not push", 403],
  ["HTTP 404 NAME_UNKNOWN", 404],
  ["HTTP 413", 413],
  ["HTTP 429 TOOMANYREQUESTS", 429],
  ["HTTP 503", 503],
  ["ECONNREFUSED connect ECONNREFUSED 10.0.0.1:443", undefined],
  ["ECONNRESET read ECONNRESET", undefined],
  ["UND_ERR_CONNECT_TIMEOUT Connect Timeout Error", undefined],
  ["ERR_SSL_WRONG_VERSION_NUMBER C0:error:0A00010B:SSL", undefined],
  ["CERT_HAS_EXPIRED certificate has expired", undefined],
];

describe("a failure", () => {
  it.each(PROBLEMS)("has the same problem for the command line and for a stack: %s", (problem, status) => {
    for (const operation of REGISTRY_OPERATIONS) {
      const error = failed(problem, { status, operation });
      expect(formatExplanation(explainError(error, "stack"))).toBe(formatExplanation(explainError(error, "command")));
    }
  });

  it.each(PROBLEMS)("gives a stack no advice for the command line: %s", (problem, status) => {
    const { next = "" } = explainError(failed(problem, { status }), "stack");
    expect(next).not.toMatch(/run the command|freightliner login|--\w|HTTPS_PROXY|SSL_CERT_FILE/);
  });

  it("keeps the status and the code of a response", () => {
    const error = failed("HTTP 403 DENIED", { status: 403, code: "DENIED" });
    expect(explainError(error, "stack")).toEqual({
      tried: "put r.test/app:v1",
      problem: "the registry answered HTTP 403 DENIED",
      next: "give the login of the stack the permission to push there",
      status: 403,
      code: "DENIED",
    });
  });

  it("includes its causes, and the advice for them", () => {
    const cause = failed("HTTP 401", { status: 401 });
    expect(explainError(new Error("the tag was not put", { cause }), "command")).toEqual({
      problem: "the tag was not put <- cannot put r.test/app:v1: the registry answered HTTP 401",
      next: 'log in with "freightliner login r.test", as a user who may push there',
    });
  });

  it("of the program itself is reported as a bug, one of a library is not", () => {
    expect(explainError(new TypeError("x is undefined"), "stack")).toEqual({
      problem: "a bug in freightliner: x is undefined",
      next: "please report it",
    });
    expect(explainError(new TypeError("fetch failed", { cause: new Error("reset") }), "stack").problem).toBe(
      "fetch failed <- reset",
    );
  });
});
