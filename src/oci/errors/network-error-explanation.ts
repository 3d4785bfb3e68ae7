import type { ErrorExplanation, Audience } from "./explanation.ts";

interface NetworkErrorExplanation {
  readonly problem: string;
  readonly next: Readonly<Record<Audience, string | undefined>>;
}

/** A stack retries by itself. */
const AGAIN = { command: "run the command again; finished work is kept", stack: undefined };
const LATER = { command: "run the command again later; finished work is kept", stack: undefined };

function both(next: string): NetworkErrorExplanation["next"] {
  return { command: next, stack: next };
}

/** Explanations of failed connections, by the error codes of Node and undici. */
const NETWORK: Readonly<Record<string, (host: string, words: string) => NetworkErrorExplanation>> = {
  ECONNREFUSED: (host) => ({
    problem: `nothing listens at ${host} (ECONNREFUSED)`,
    next: both("check the registry's name and port, and that it runs"),
  }),
  ENOTFOUND: (host) => ({
    problem: `there is no host ${host} (ENOTFOUND)`,
    next: both("check the registry's name"),
  }),
  EAI_AGAIN: (host) => ({
    problem: `the address of ${host} cannot be looked up (EAI_AGAIN)`,
    next: both("check the network, and the registry's name"),
  }),
  ECONNRESET: (host) => ({
    problem: `${host} closed the connection (ECONNRESET)`,
    next: AGAIN,
  }),
  UND_ERR_SOCKET: (host) => ({
    problem: `${host} closed the connection`,
    next: AGAIN,
  }),
  StallError: (host, words) => ({
    problem: `${host} stopped answering (${words})`,
    next: LATER,
  }),
  UND_ERR_CONNECT_TIMEOUT: (host) => ({
    problem: `${host} does not accept a connection`,
    next: {
      command: "check the network, and whether a proxy is needed (HTTPS_PROXY)",
      stack: "check the network: whether the registry can be reached from AWS",
    },
  }),
  UND_ERR_HEADERS_TIMEOUT: (host) => ({
    problem: `${host} accepted a request and did not respond`,
    next: LATER,
  }),
  ERR_SSL_WRONG_VERSION_NUMBER: (host) => ({
    problem: `${host} does not speak TLS`,
    next: {
      command: "check the port; plain HTTP is used only for registries on this machine, or with --plain-http",
      stack: "check the port; a stack speaks HTTPS only",
    },
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
      (host: string): NetworkErrorExplanation => ({
        problem: `the certificate of ${host} is not trusted (${code})`,
        next: {
          command: "check the registry's name; trust its authority with --ca-file or SSL_CERT_FILE",
          stack: "check the registry's name, and that its certificate is from a public authority",
        },
      }),
    ]),
  ),
};

/**
 * Explains a problem such as `ECONNREFUSED connect ECONNREFUSED 127.0.0.1:1`. An unknown one is shown as it is, with its
 * code once.
 */
export function explainNetworkError(
  problem: string,
  host: string,
  reader: Audience,
): Pick<ErrorExplanation, "problem" | "next"> {
  const [code = "", ...words] = problem.split(" ");
  const text = words.join(" ");
  const known = Object.hasOwn(NETWORK, code) ? NETWORK[code]?.(host, text) : undefined;
  if (known !== undefined) return { problem: known.problem, next: known.next[reader] };
  // The name of a class tells a user nothing.
  if (/^[A-Z]\w*Error$/.test(code) && text !== "") return { problem: text };
  const isCode = /^[A-Z][A-Z0-9_]{2,}$/.test(code) && text !== "";
  return { problem: isCode && !text.includes(code) ? `${text} (${code})` : isCode ? text : problem };
}
