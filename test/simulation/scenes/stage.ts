import { seeded } from "../../fixtures/seeded.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import type { ImageTarget } from "../../../src/oci/image-target.ts";
import type { CopyPorts } from "../../../src/replication/copy/copy-context.ts";
import { observedTarget } from "../../../src/replication/destination/observed-target.ts";
import type { Configuration } from "../../../src/contract/configuration/configuration.ts";
import { configurationOf, createCloud } from "../cloud/cloud.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { copyWiring } from "../cloud/copy-function.ts";
import type { Script } from "../http/site.ts";
import { createProcess } from "../world/process.ts";
import { CALM, createWorld } from "../world/world.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { Process } from "../world/process.ts";
import type { Service, World } from "../world/world.ts";

/** One fault, played against production code. */
export interface Scene {
  readonly name: string;
  /** @returns the expectations that do not hold. */
  play(): Promise<string[]>;
}

export interface Sent {
  readonly service: Service;
  readonly method: string;
  readonly path: string;
  /** Milliseconds since the beginning. */
  readonly at: number;
}

interface Route {
  /** Its name at the source. */
  readonly repository: string;
  readonly priority: "live" | "backfill";
}

/** One warm process with its client, rate limiter and circuits, on a cloud without faults except those of a script. */
export interface Stage {
  readonly world: World;
  readonly cloud: Cloud;
  readonly process: Process;
  /** Every request that was sent. */
  readonly sent: readonly Sent[];
  /** Opens source and target as a copy to a destination does. */
  readonly open: (name: "gar" | "hub", route?: Partial<Route>) => CopyPorts;
  /** The target as a copy sees it after the circuit has admitted it. */
  readonly admitted: (name: "gar" | "hub", repository?: string) => Promise<ImageTarget>;
  readonly requests: (service: Service, method: string) => number;
  readonly expect: (holds: boolean, what: string) => void;
}

const MINUTE_MS = 60_000;
const BOTH = configurationOf("gar", "hub");

/** Plays one scene. @param limitMs the timeout of a function. @returns the expectations that do not hold. */
export async function play(
  script: Script,
  act: (stage: Stage) => Promise<void>,
  limitMs: number = 15 * MINUTE_MS,
  configuration: Configuration = BOTH,
): Promise<string[]> {
  const world = createWorld(seeded(1), { odds: CALM, faultsEnd: 0, isTraced: false });
  const problems: string[] = [];
  const stage = createStage(
    world,
    createCloud(world, {
      configuration,
      deployment: { concurrency: 3, limitMs, uploadMs: 10 },
      isLenient: false,
      script,
    }),
    problems,
  );
  let isOver = false;
  const acted = act(stage).then(
    () => (isOver = true),
    (error: unknown) => {
      isOver = true;
      problems.push(`it throws ${String(error)}`);
    },
  );
  await world.time.run(60 * MINUTE_MS);
  if (!isOver) return [...problems, "it does not end within an hour"];
  await acted;
  return problems;
}

function createStage(world: World, cloud: Cloud, problems: string[]): Stage {
  const process = createProcess(world, "stage");
  const wiring = copyWiring(cloud, process);
  const sent: Sent[] = [];
  cloud.onRequest = (service, { method, path }) => void sent.push({ service, method, path, at: world.time.passed() });
  const open: Stage["open"] = (name, { repository = "app", priority = "live" } = {}) => {
    const destination = cloud.places.get(name)?.destination;
    if (destination === undefined) throw new Error(`there is no destination ${name}`);
    const from = parseRepositoryName(repository);
    const to = parseRepositoryName(`${destination.prefix}/${repository}`);
    return wiring.open({ destination, from, to, priority, message: "m" }).ports;
  };
  return {
    world,
    cloud,
    process,
    sent,
    open,
    async admitted(name, repository = "app") {
      const admission = await wiring.circuit(name).admit("stage", NEVER, repository);
      if (admission.kind === "refused") throw new Error(`the circuit of ${name} refuses`);
      return observedTarget(open(name, { repository }).target, admission);
    },
    requests: (service, method) => sent.filter((each) => each.service === service && each.method === method).length,
    expect(holds, what) {
      if (!holds) problems.push(what);
    },
  };
}
