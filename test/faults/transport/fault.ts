import type { ConnectionsOptions } from "../../../src/registry/http/connections.ts";
import type { Endpoint } from "../../../src/registry/client/endpoint.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";
import type { Spoil } from "../../fixtures/servers/fault-proxy.ts";

/** A row of the catalogue of transport faults. */
export interface Fault {
  readonly id: string;
  readonly what: string;
  readonly side: "source" | "target";
  /** The expected outcome of the copy request; `deferred`: an operator has to grant what is missing. */
  readonly ends: "replicated" | "failed" | "deferred";
  /** The part of the image that may be sent to the target twice. */
  readonly resends: Resends;
  /** How often it strikes, if `spoil` does not define that. */
  readonly strikes?: number;
  /** Affects requests. */
  readonly spoil?: Spoil;
  /** Affects connections. */
  readonly line?: LineFault;
}

/** In ascending order: each includes the ones before it. */
export type Resends = "nothing" | "the manifest" | "the broken blob" | "the image";

/** Starts a faulty line between the client and a server. */
export type LineFault = (place: {
  /** `127.0.0.1:PORT` of the server. */
  readonly behind: string;
  readonly certificates: Certificates;
  readonly random: () => number;
  /** Takes what has to be closed. */
  readonly stack: AsyncDisposableStack;
}) => Promise<Line>;

/** How a client reaches the server through the line. */
export interface Line {
  readonly host: string;
  readonly endpoint?: Partial<Endpoint>;
  readonly connections?: ConnectionsOptions;
  /** Called after the client has used its connections once. */
  readonly afterUse?: () => void;
}

/** Defines a fault. Each run creates its own, since most faults count their strikes. */
export function fault(
  row: Pick<Fault, "id" | "what" | "side"> & Partial<Pick<Fault, "ends" | "resends" | "strikes">>,
  how: () => Pick<Fault, "spoil" | "line">,
): () => Fault {
  return () => ({ ends: "replicated", resends: "nothing", ...row, ...how() });
}
