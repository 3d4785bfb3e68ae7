import type { ConnectionsOptions } from "../../../src/registry/http/connections.ts";
import type { Endpoint } from "../../../src/registry/client/endpoint.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";
import type { Spoil } from "../../fixtures/servers/fault-proxy.ts";

/** A row of the catalogue of faults. */
export interface Fault {
  readonly id: string;
  readonly what: string;
  readonly side: "source" | "target";
  /** How the request for a copy must end; `deferred`: it waits for people, who can give what is missing. */
  readonly ends: "replicated" | "failed" | "deferred";
  /** What of the image the target may be sent a second time. */
  readonly resends: Resends;
  /** How often it strikes, where `spoil` does not say. */
  readonly strikes?: number;
  /** What happens to requests. */
  readonly spoil?: Spoil;
  /** What happens to connections. */
  readonly line?: LineFault;
}

/** From nothing to everything; each includes the ones before it. */
export type Resends = "nothing" | "the manifest" | "the broken blob" | "the image";

/** Puts something between the client and a server. */
export type LineFault = (place: {
  /** `127.0.0.1:PORT` of the server. */
  readonly behind: string;
  readonly certificates: Certificates;
  readonly random: () => number;
  /** Closes what was started. */
  readonly stack: AsyncDisposableStack;
}) => Promise<Line>;

/** How a client reaches the server then. */
export interface Line {
  readonly host: string;
  readonly endpoint?: Partial<Endpoint>;
  readonly connections?: ConnectionsOptions;
  /** Happens after the client has used its connections once. */
  readonly afterUse?: () => void;
}

/** A fault by its row; made anew for every run, for most remember how often they have struck. */
export function fault(
  row: Pick<Fault, "id" | "what" | "side"> & Partial<Pick<Fault, "ends" | "resends" | "strikes">>,
  how: () => Pick<Fault, "spoil" | "line">,
): () => Fault {
  return () => ({ ends: "replicated", resends: "nothing", ...row, ...how() });
}
