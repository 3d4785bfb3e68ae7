import { createHandler as createProbeHandler } from "../../functions/probe/handler.ts";
import { createHandler as createReconcileHandler } from "../../functions/reconcile/handler.ts";
import { isTag, parseRepositoryName } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/registry-error.ts";
import { configuration, SILENT } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { storeOf } from "./ports.ts";
import { createProcess } from "./world.ts";
import type { Call, Process } from "./world.ts";

const MINUTE_MS = 60_000;
const REPOSITORY = parseRepositoryName("app");

/** What a comparison of both sides has asked for. */
export interface Repairs {
  asked: number;
  missed: number;
}

/** Calls the probe function every minute until the end. */
export function scheduleProbe(cloud: Cloud, end: number): { probes: number[] } {
  const { world } = cloud;
  const seen: { probes: number[] } = { probes: [] };
  every(cloud, MINUTE_MS, 0, end, (process) => {
    const handle = createProbeHandler({
      configuration,
      circuits: storeOf(process, cloud.circuits, "circuit"),
      intakes: storeOf(process, cloud.intakes, "intake"),
      fullConcurrency: cloud.deployment.concurrency,
      now: () => world.time.now(),
      timeout: timeoutOf(cloud),
      observer: SILENT,
      probe: (_destination, signal) => {
        seen.probes.push(world.time.now());
        return process.call({
          ...targetCall("start-upload"),
          what: "probes the target",
          effect: () => undefined,
          signal,
        });
      },
      setIntake: (_destination, intake) => setIntake(cloud, process, intake === "paused" ? 0 : intake.concurrency),
    });
    return handle();
  });
  return seen;
}

/** Calls the reconcile function every five minutes from a moment on. */
export function scheduleReconcile(cloud: Cloud, from: number, end: number): Repairs {
  const { world, source, target, queue } = cloud;
  const repairs: Repairs = { asked: 0, missed: 0 };
  every(cloud, 5 * MINUTE_MS, from, end, async (process) => {
    const read = <T>(service: "source" | "target", what: string, effect: () => T, signal: AbortSignal): Promise<T> =>
      process.call({ ...targetCall("list-tags"), service, what, effect, signal, isRead: true, weight: 0.3 });
    const handle = createReconcileHandler({
      configuration,
      catalog: {
        repositories: (signal) => read("source", "lists repositories", () => [REPOSITORY], signal),
        async *tags(_repository, signal) {
          for (const [tag, digest] of await read("source", "lists tags", () => [...source.tags], signal)) {
            if (isTag(tag)) yield { tag, digest, pushedAt: source.pushedAt.get(digest) ?? 0 };
          }
        },
      },
      listing: () =>
        async function* list(signal) {
          for (const [tag, digest] of await read("target", "lists tags", () => [...target.tags], signal)) {
            if (isTag(tag)) yield { tag, digest };
          }
        },
      tags: storeOf(process, cloud.tags, "tag"),
      cycles: storeOf(process, cloud.cycles, "cycle"),
      intakes: storeOf(process, cloud.intakes, "intake"),
      async send(requests) {
        for (const request of requests) {
          const effect = (): void => queue.send(JSON.stringify(request), "backfill");
          const failure = (): Error => new Error("the queue cannot be reached");
          await process.call({ service: "queue", what: `asks for ${request.reference}`, effect, failure });
        }
      },
      backlog: () => Promise.resolve(queue.waiting("live")),
      openIntake: () => setIntake(cloud, process, undefined),
      owner: process.name,
      now: () => world.time.now(),
      timeout: timeoutOf(cloud),
      observer: SILENT,
    });
    const report = await handle(4 * MINUTE_MS);
    repairs.asked += report.asked;
    repairs.missed += report.missed;
  });
  return repairs;
}

/** Invokes a function at every tick, in an environment of its own. */
function every(
  cloud: Cloud,
  ms: number,
  from: number,
  end: number,
  invoke: (process: Process) => Promise<unknown>,
): void {
  let invocations = 0;
  const tick = (): void => {
    const process = createProcess(cloud.world, `scheduled-${from}-${ms}-${invocations++}`);
    void invoke(process).catch((error: unknown) => cloud.world.note(`${process.name} throws ${String(error)}`));
    if (cloud.world.time.now() + ms < end) cloud.world.time.after(ms, tick);
  };
  cloud.world.time.after(from, tick);
}

function setIntake(cloud: Cloud, process: Process, concurrency: number | undefined): Promise<void> {
  const effect = (): void => {
    cloud.intake = concurrency ?? cloud.deployment.concurrency;
    for (let free = 0; free < cloud.intake; free++) cloud.queue.wake();
  };
  const failure = (): Error => new Error("Lambda cannot be reached");
  return process.call({ service: "lambda", what: `sets the intake to ${concurrency ?? "full"}`, effect, failure });
}

function targetCall(operation: "start-upload" | "list-tags"): Pick<Call<unknown>, "service" | "failure"> {
  const about = { side: "target", operation, subject: "p", category: "deferred" } as const;
  return { service: "target", failure: () => new RegistryError(about, "simulated") };
}

function timeoutOf({ world }: Cloud): (ms: number) => AbortSignal {
  return (ms) => {
    const abort = new AbortController();
    world.time.after(ms, () => abort.abort(new Error("out of time")));
    return abort.signal;
  };
}
