import {
  ANNOUNCE_TIMEOUT_SECONDS,
  API_TIMEOUT_SECONDS,
  CANARY_TIMEOUT_SECONDS,
  ARRIVALS_TIMEOUT_SECONDS,
  FAN_OUT_TIMEOUT_SECONDS,
  INSPECT_TIMEOUT_SECONDS,
  JOBS_TIMEOUT_SECONDS,
  NOTIFY_TIMEOUT_SECONDS,
  PROBE_TIMEOUT_SECONDS,
  RECONCILE_TIMEOUT_SECONDS,
  SEAL_TIMEOUT_SECONDS,
} from "../../src/contract/stack/limits.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import { startFunction } from "../lambda/function.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { BACKFILL_CONCURRENCY, STACK } from "./local-names.ts";
import type { Services } from "./services.ts";
import type { StackOptions } from "./stack-options.ts";

export interface Functions extends Readonly<Record<"fanOut" | "copy" | "probe" | "reconcile", LocalFunction>> {
  /** Only where events are received. */
  readonly announce: LocalFunction | undefined;
  /** Only with a webhook that is told. */
  readonly notify: LocalFunction | undefined;
  /** Only with a source that sends notifications. */
  readonly arrivals: LocalFunction | undefined;
  /** Only where canaries are pushed. */
  readonly canary: LocalFunction | undefined;
  readonly seal: LocalFunction;
  readonly api: LocalFunction;
  readonly jobs: LocalFunction;
  readonly inspect: LocalFunction;
}

const ARRIVALS_CONCURRENCY = 2;
const API_CONCURRENCY = 2;
const JOBS_CONCURRENCY = 2;
const INSPECT_CONCURRENCY = 2;

/** Deploys the functions; `stack` closes them. */
export function startFunctions(services: Services, options: StackOptions, stack: AsyncDisposableStack): Functions {
  const start = (name: keyof Services["variables"], timeoutSeconds: number, most: number, isWarm: boolean) => {
    const definition = {
      name,
      environment: services.variables[name],
      entry: options.entryOf?.(name) ?? new URL(`../../functions/${name}/index.ts`, import.meta.url),
      timeoutMs: timeoutSeconds * 1_000,
      onLog: (line: string) => options.onLog?.(name, line),
    };
    const started = startFunction(definition, most, isWarm);
    stack.defer(() => started.close());
    services.invocable.set(resourceName("function", name, STACK), started.invoke);
    return started;
  };
  return {
    fanOut: start("fan-out", FAN_OUT_TIMEOUT_SECONDS, 1, true),
    copy: start("copy", options.timeoutSeconds, options.concurrency + BACKFILL_CONCURRENCY, true),
    probe: start("probe", PROBE_TIMEOUT_SECONDS, 1, false),
    seal: start("seal", SEAL_TIMEOUT_SECONDS, 1, false),
    reconcile: start("reconcile", RECONCILE_TIMEOUT_SECONDS, 1, false),
    jobs: start("jobs", JOBS_TIMEOUT_SECONDS, JOBS_CONCURRENCY, false),
    inspect: start("inspect", INSPECT_TIMEOUT_SECONDS, INSPECT_CONCURRENCY, false),
    api: start("api", API_TIMEOUT_SECONDS, API_CONCURRENCY, false),
    canary: options.canary === true ? start("canary", CANARY_TIMEOUT_SECONDS, 1, false) : undefined,
    announce:
      options.onEvent === undefined && options.notify === undefined
        ? undefined
        : start("announce", ANNOUNCE_TIMEOUT_SECONDS, 1, false),
    notify: options.notify === undefined ? undefined : start("notify", NOTIFY_TIMEOUT_SECONDS, 1, false),
    arrivals:
      options.source?.document.arrivals === undefined
        ? undefined
        : start("arrivals", ARRIVALS_TIMEOUT_SECONDS, ARRIVALS_CONCURRENCY, true),
  };
}
