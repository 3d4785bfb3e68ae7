import type { ErrorExplanation, Audience } from "./explanation.ts";
import { explainNetworkError } from "./network-error-explanation.ts";
import type { RegistryError, RegistryOperation } from "./registry-error.ts";

const TRIED: Readonly<Record<RegistryOperation, string>> = {
  resolve: "look up",
  "fetch-manifest": "read the manifest",
  "open-blob": "read the blob",
  "head-blob": "check for the blob",
  "list-referrers": "list the referrers of",
  "list-tags": "list the tags of",
  "start-upload": "start the upload of blob",
  "put-blob": "send the blob",
  "put-manifest": "put",
  "delete-manifest": "delete",
  "get-token": "get a token for",
  "get-credentials": "log in for",
};

/** Whether the operation changes something. */
const WRITES: ReadonlySet<RegistryOperation> = new Set(["start-upload", "put-blob", "put-manifest", "delete-manifest"]);

/**
 * Explains a failed request to a registry by its response, or by the network error if there was none. The registry's
 * words were redacted when they were read.
 */
export function explainRegistryError(error: RegistryError, reader: Audience): ErrorExplanation {
  const { operation, subject, status, code, problem } = error;
  const failure = { tried: `${TRIED[operation]} ${subject}`, status, code };
  if (status === undefined) return { ...failure, ...explainNetworkError(problem, hostOf(subject), reader) };
  const said = problem.startsWith("HTTP ") ? `the registry answered ${problem}` : problem;
  return { ...failure, problem: said, next: adviceFor(error, reader) };
}

function hostOf(subject: string): string {
  return subject.split("/")[0] ?? subject;
}

/** Advice for an error response (distribution-spec, "Error Codes"; RFC 9110, "Status Codes"); undefined where there is none. */
function adviceFor(error: RegistryError, reader: Audience): string | undefined {
  const { status = 0, code, operation, problem } = error;
  // The problem already contains advice, after a semicolon.
  if (problem.includes("; ")) return undefined;
  if (status === 401 || status === 403) return adviceForAccess(error, reader);
  if (code === "NAME_UNKNOWN" || (status === 404 && WRITES.has(operation))) {
    return "create the repository first, or check its name";
  }
  if (status === 413) return "the registry, or a proxy in front of it, accepts no body of this size; raise its limit";
  if (reader === "stack") return undefined;
  if (status === 429)
    return "the registry limits requests; run the command again later, or with lower --jobs and --parallel";
  if (status >= 500) return "the registry failed; run the command again later, finished work is kept";
  return undefined;
}

function adviceForAccess({ status, operation, subject }: RegistryError, reader: Audience): string {
  if (reader === "stack") {
    return status === 401
      ? `check the login of the stack at ${hostOf(subject)}: it must be allowed to ${may(operation)}`
      : `give the login of the stack the permission to ${may(operation)}`;
  }
  return status === 401
    ? `log in with "freightliner login ${hostOf(subject)}", as a user who may ${may(operation)}`
    : `ask for the permission to ${may(operation)}, or log in as a user who has it`;
}

function may(operation: RegistryOperation): string {
  if (operation === "delete-manifest") return "delete there";
  return WRITES.has(operation) ? "push there" : "pull there";
}
