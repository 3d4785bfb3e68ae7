import type { RegistryError, RegistryOperation } from "../src/oci/registry-error.ts";
import type { Failure } from "./failure.ts";

const TRIED: Readonly<Record<RegistryOperation, string>> = {
  resolve: "look up",
  "fetch-manifest": "read the manifest",
  "open-blob": "read the blob",
  "head-blob": "look for the blob",
  "list-referrers": "list what is attached to",
  "list-tags": "list the tags of",
  "start-upload": "begin to send the blob",
  "put-blob": "send the blob",
  "put-manifest": "put",
  "delete-manifest": "delete",
  "get-token": "get a token for",
  "get-credentials": "log in for",
};

/** Whether the operation changes something. */
const WRITES: ReadonlySet<RegistryOperation> = new Set(["start-upload", "put-blob", "put-manifest", "delete-manifest"]);

/** A registry's failure: what it answered, or why it could not. Its words were scrubbed when they were read. */
export function registryFailure(error: RegistryError): Failure {
  const { operation, subject, status, code, problem } = error;
  const failure = { tried: `${TRIED[operation]} ${subject}`, status, code };
  if (status === undefined) return { ...failure, ...networkFailure(problem, hostOf(subject)) };
  const said = problem.startsWith("HTTP ") ? `the registry answered ${problem}` : problem;
  return { ...failure, problem: said, next: adviceFor(error) };
}

function hostOf(subject: string): string {
  return subject.split("/")[0] ?? subject;
}

/** What helps with an answer (distribution-spec, "Error Codes"; RFC 9110, "Status Codes"); nothing where the registry's words say it. */
function adviceFor({ status = 0, code, operation, subject, problem }: RegistryError): string | undefined {
  const host = hostOf(subject);
  // Where the problem gives advice already, it is after a semicolon.
  if (problem.includes("; ")) return undefined;
  if (status === 401) return `log in with "freightliner login ${host}", as somebody who may ${may(operation)}`;
  if (status === 403) return `ask for the permission to ${may(operation)}, or log in as somebody who has it`;
  if (code === "NAME_UNKNOWN" || (status === 404 && WRITES.has(operation))) {
    return "create the repository first, or check its name";
  }
  if (status === 413) return "the registry, or a proxy before it, takes nothing so large; raise its limit";
  if (status === 429) return "the registry wants fewer requests; run the command again later, or with fewer --jobs";
  if (status >= 500) return "the registry has a fault of its own; run the command again later, what is finished stays";
  return undefined;
}

function may(operation: RegistryOperation): string {
  if (operation === "delete-manifest") return "delete there";
  return WRITES.has(operation) ? "push there" : "pull there";
}

interface Network {
  readonly problem: string;
  readonly next: string;
}

/** What a connection fails with, by the codes of Node and of undici. */
const NETWORK: Readonly<Record<string, (host: string, words: string) => Network>> = {
  ECONNREFUSED: (host) => ({
    problem: `nothing listens at ${host} (ECONNREFUSED)`,
    next: "check the registry's name and port, and that it runs",
  }),
  ENOTFOUND: (host) => ({
    problem: `there is no host ${host} (ENOTFOUND)`,
    next: "check the registry's name",
  }),
  EAI_AGAIN: (host) => ({
    problem: `the address of ${host} cannot be looked up (EAI_AGAIN)`,
    next: "check the network, and the registry's name",
  }),
  ECONNRESET: (host) => ({
    problem: `${host} broke the connection off (ECONNRESET)`,
    next: "run the command again; what is finished stays",
  }),
  UND_ERR_SOCKET: (host) => ({
    problem: `${host} broke the connection off`,
    next: "run the command again; what is finished stays",
  }),
  StallError: (host, words) => ({
    problem: `${host} stopped answering (${words})`,
    next: "run the command again later; what is finished stays",
  }),
  UND_ERR_CONNECT_TIMEOUT: (host) => ({
    problem: `${host} does not accept a connection`,
    next: "check the network, and whether a proxy is needed (HTTPS_PROXY)",
  }),
  UND_ERR_HEADERS_TIMEOUT: (host) => ({
    problem: `${host} took a request and did not answer it`,
    next: "run the command again later; what is finished stays",
  }),
  ERR_SSL_WRONG_VERSION_NUMBER: (host) => ({
    problem: `${host} does not speak TLS`,
    next: "check the port; plain HTTP is spoken with registries of this machine only, or with --plain-http",
  }),
  ...Object.fromEntries(
    [
      "CERT_HAS_EXPIRED",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ].map((code) => [
      code,
      (host: string): Network => ({
        problem: `the certificate of ${host} is not trusted (${code})`,
        next: "check the registry's name; name the authority that signed it with --ca-file or SSL_CERT_FILE",
      }),
    ]),
  ),
};

/** `ECONNREFUSED connect ECONNREFUSED 127.0.0.1:1` in words; what is not known is shown as it is, each word once. */
function networkFailure(problem: string, host: string): Pick<Failure, "problem" | "next"> {
  const [code = "", ...words] = problem.split(" ");
  const text = words.join(" ");
  const known = Object.hasOwn(NETWORK, code) ? NETWORK[code]?.(host, text) : undefined;
  if (known !== undefined) return known;
  // The name of a class says nothing to people.
  if (/^[A-Z]\w*Error$/.test(code) && text !== "") return { problem: text };
  const isCode = /^[A-Z][A-Z0-9_]{2,}$/.test(code) && text !== "";
  return { problem: isCode && !text.includes(code) ? `${text} (${code})` : isCode ? text : problem };
}
