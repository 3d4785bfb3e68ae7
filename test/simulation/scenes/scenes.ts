import { ATTACHMENT_SCENES } from "./attachment-scenes.ts";
import { CANARY_SCENES } from "./canary-scenes.ts";
import { CANCEL_SCENES } from "./cancel-scenes.ts";
import { CIRCUIT_SCENES } from "./circuit-scenes.ts";
import { DELETE_SCENES } from "./delete-scenes.ts";
import { FUNCTION_SCENES } from "./function-scenes.ts";
import { GATE_SCENES } from "./gate-scenes.ts";
import { LOGIN_SCENES } from "./login-scenes.ts";
import { PAUSE_SCENES } from "./pause-scenes.ts";
import { PENDING_SCENES } from "./pending-scenes.ts";
import { PRE_COPY_SCENES } from "./pre-copy-scenes.ts";
import { PROBE_SCENES } from "./probe-scenes.ts";
import { PUT_SCENES } from "./put-scenes.ts";
import { RATE_SCENES } from "./rate-scenes.ts";
import type { Scene } from "./stage.ts";
import { RELOAD_SCENES } from "./reload-scenes.ts";
import { RULE_SCENES } from "./rule-scenes.ts";
import { UPLOAD_SCENES } from "./upload-scenes.ts";

/** Scenes between the client, the rate limiter and the circuit breaker, then between the functions and AWS. */
export const SCENES: readonly Scene[] = [
  ...GATE_SCENES,
  ...RATE_SCENES,
  ...CIRCUIT_SCENES,
  ...LOGIN_SCENES,
  ...ATTACHMENT_SCENES,
  ...PUT_SCENES,
  ...UPLOAD_SCENES,
  ...PROBE_SCENES,
  ...FUNCTION_SCENES,
  ...PRE_COPY_SCENES,
  ...DELETE_SCENES,
  ...RELOAD_SCENES,
  ...RULE_SCENES,
  ...CANARY_SCENES,
  ...PAUSE_SCENES,
  ...CANCEL_SCENES,
  ...PENDING_SCENES,
];
