import type { CopyReport } from "../../src/replication/outcome/copy-report.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";

/** The outcome of a delivery, with the request and the key of the tag record as far as they are known. */
export interface DeliveryResult {
  readonly report: CopyReport;
  readonly request?: CopyRequest | undefined;
  readonly record?: string | undefined;
  /** The rule that decided. */
  readonly rule?: string | undefined;
  /** How long that rule let it wait, in milliseconds: not a part of its lag. */
  readonly heldMs?: number | undefined;
  /** The repository is paused, and the request waits without its message. */
  readonly isSetAside?: boolean | undefined;
}
