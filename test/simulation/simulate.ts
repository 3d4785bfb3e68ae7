import { createHash } from "node:crypto";
import { seeded } from "../fixtures/seeded.ts";
import { configurationOf, createCloud } from "./cloud/cloud.ts";
import { startCopyFunction } from "./cloud/copy-function.ts";
import { drawOdds, drawOutages } from "./world/odds.ts";
import { checkHeard, checkTheEnd, createTagGuard } from "./promises.ts";
import { scheduleBuilds } from "./builds.ts";
import { scheduleOperators } from "./operators.ts";
import { createHistory, scheduleGarbage, schedulePushes, scheduleRevocation } from "./pushes.ts";
import { scheduleProbe, scheduleReconcile } from "./cloud/scheduled-functions.ts";
import { createWorld } from "./world/world.ts";

/** The result of one seed. */
export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** Equal for equal traces. */
  readonly hash: string;
}

const MINUTE = 60_000;
const configuration = configurationOf("gar", "hub");
/** Pushes end at the first moment, faults at the second. */
const PUSHES_END = 1.5 * MINUTE;
const FAULTS_END = 4 * MINUTE;
const BUILDERS_SEED = 1_000_003;
const OPERATORS_SEED = 2_000_003;
/** By then a healthy destination has everything, however long the other one fails. */
const HEALTHY_AT = 12 * MINUTE;
/** By then every tag whose event arrived must be equal; by the end every tag. */
const EVENTS_SUFFICE_AT = 60 * MINUTE;
const END = 80 * MINUTE;

export interface SimulateOptions {
  /** Records a timeline. */
  readonly isTraced?: boolean;
  /** Stops at the first violation. */
  readonly stops?: boolean;
}

/** Plays one seed: pushes to three tags while everything fails that can fail, then checks every promise. */
export async function simulate(
  seed: number,
  { isTraced = true, stops = false }: SimulateOptions = {},
): Promise<Simulated> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END, isTraced });
  const { outages, sick } = drawOutages(random, PUSHES_END, FAULTS_END);
  world.outages.push(...outages);
  // A lenient target accepts what a strict one would refuse. It must not collect garbage: then no order of requests would be safe.
  const isLenient = random() < 0.4;
  const deployment = { concurrency: 3, limitMs: 2 * MINUTE, uploadMs: 5_000 };
  const cloud = createCloud(world, { configuration, deployment, isLenient });
  const history = createHistory();
  cloud.onTag = createTagGuard(cloud, history);
  startCopyFunction(cloud);
  schedulePushes(cloud, history, PUSHES_END);
  // Chance of its own: seeds without builders stay as they are.
  const builders = seeded(seed + BUILDERS_SEED);
  if (builders() < 0.4) scheduleBuilds(cloud, history, PUSHES_END, builders);
  const operators = seeded(seed + OPERATORS_SEED);
  if (operators() < 0.3) scheduleOperators(cloud, PUSHES_END, operators);
  if (!isLenient) scheduleGarbage(cloud, FAULTS_END);
  scheduleProbe(cloud, EVENTS_SUFFICE_AT);
  if (random() < 0.3) scheduleRevocation(cloud, FAULTS_END);
  const comparesEarly = random() < 0.2;
  scheduleReconcile(cloud, comparesEarly ? 0 : EVENTS_SUFFICE_AT + MINUTE, END);
  const names = [...cloud.places.keys()];
  const healthy = names.filter((name) => name !== sick);
  world.time.after(HEALTHY_AT, () => checkHeard(cloud, history, "I13", healthy));
  world.time.after(EVENTS_SUFFICE_AT, () => checkHeard(cloud, history, "I2", names));
  const isBroken = (): boolean => stops && world.violations.length > 0;
  await world.time.run(END, isBroken);
  if (!isBroken()) checkTheEnd(cloud, history);
  const hash = createHash("sha256").update(world.trace.join("\n")).digest("hex").slice(0, 16);
  return { seed, violations: world.violations, trace: world.trace, hash };
}
