import type { Configuration } from "../../contract/configuration/configuration.ts";
import type { Jobs } from "../../wiring/operations/open-jobs.ts";
import type { Operations } from "../../wiring/operations/open-operations.ts";
import type { StackStatus } from "../../wiring/operations/stack-status.ts";
import type { Caller } from "./caller.ts";

/** Who asked for what, and how it ended. */
export interface AuditEntry {
  readonly correlationId: string;
  readonly caller: string;
  readonly method: string;
  readonly path: string;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** What the API reads and does, and for whom. */
export interface ApiPorts {
  readonly operations: Operations;
  /** The state of the stack; it may be some seconds old. */
  readonly status: () => Promise<StackStatus>;
  /** The configuration in force. */
  readonly configuration: () => Promise<Configuration>;
  /** The jobs of the stack, opened by the first request about them; undefined when it has none. */
  readonly jobs: () => Promise<Jobs | undefined>;
  /** The public key of the stack's receipts, in PEM; undefined when it does not sign them. */
  readonly receiptKey: () => Promise<string | undefined>;
  /** Who sent the request, from what the server in front of the API says about it. */
  readonly callerOf: (environment: unknown) => Caller;
  /** A viewer's API refuses every write. */
  readonly role: "viewer" | "operator";
  /** Origins of web pages that may send requests, exactly; none by default. */
  readonly origins: readonly string[];
  readonly audit: (entry: AuditEntry) => void;
  /** An error that the API did not expect; the caller gets only the id. */
  readonly failed: (error: unknown, id: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
