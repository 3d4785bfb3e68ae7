import type { DeployedConfiguration } from "../../../src/reload/candidate.ts";
import { loadCandidate, loadDeployed } from "../../../src/reload/candidate.ts";
import { createPolledFeed } from "../../../src/reload/polled-feed.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { createCloud, documentWith, SILENT } from "../cloud/cloud.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { scheduleProbe, scheduleReconcile } from "../cloud/scheduled-functions.ts";
import { checkHeard, checkTheEnd, createTagGuard } from "../promises.ts";
import { createHistory, schedulePushes } from "../pushes.ts";
import { drawOdds } from "../world/odds.ts";
import { createWorld } from "../world/world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const POLL_MS = 30 * SECOND;
const NAMES = ["gar", "hub"] as const;

const rulesOf = (...repositories: string[]): string =>
  JSON.stringify({ rules: repositories.map((each) => ({ repositories: [each], destinations: NAMES })) });

/** Documents that are refused: no YAML, a destination that does not exist, another place at a destination. */
const BAD = [
  "rules: [",
  'rules: [{ repositories: ["app"], destinations: ["gra"] }]',
  'destinations: [{ name: "gar", prefix: "p/elsewhere" }]',
] as const;

/** Faults end at the first moment. At the second, no copy runs any more that began under an earlier document, nor does its last call arrive. */
const FAULTS_END = 2 * MINUTE;
const SETTLED_AT = 4 * MINUTE;
/** From when on `web` is copied again: a moment after the second pushes. */
const ADDED_AT = 4.6 * MINUTE;
const EVENTS_SUFFICE_AT = 30 * MINUTE;
const END = 45 * MINUTE;

/**
 * Plays one seed: while images are pushed and everything fails that can fail, a document is refused, then one without the rule of `web` is
 * published, then one with it.
 * @returns the promises that were broken.
 */
export async function playReload(seed: number): Promise<readonly string[]> {
  const random = seeded(seed);
  const world = createWorld(random, { odds: drawOdds(random), faultsEnd: FAULTS_END, isTraced: false });
  const deployed = await loadDeployed([{ name: "file", document: documentWith({}, ...NAMES) }]);
  // Loads what a poll loads: virtual time does not wait for files.
  await loadCandidate("{}", deployed);
  const cloud = createCloud(world, {
    configuration: deployed.configuration,
    deployment: { concurrency: 3, limitMs: MINUTE, uploadMs: SECOND },
    isLenient: true,
  });
  const publish = publisher(cloud, deployed);
  const at = (ms: number, text: string): void => void world.time.after(ms, () => publish(text));
  at(10 * SECOND, BAD[Math.floor(random() * BAD.length)] ?? "");
  at(40 * SECOND, "{}");
  at(70 * SECOND, rulesOf("app"));
  at(ADDED_AT, rulesOf("app", "web"));
  const history = createHistory();
  guard(cloud, createTagGuard(cloud, history));
  startCopyFunction(cloud);
  const push = (wave: string, from: number, forMs: number): void =>
    void world.time.after(from, () => schedulePushes(cloud, history, forMs, [], wave));
  push("first", 0, MINUTE);
  push("second", 3.5 * MINUTE, MINUTE);
  // Within an interval of polls, so that warm processes do not know the rule that was added.
  push("third", ADDED_AT + SECOND, 15 * SECOND);
  scheduleProbe(cloud, EVENTS_SUFFICE_AT);
  scheduleReconcile(cloud, EVENTS_SUFFICE_AT + MINUTE, END);
  world.time.after(EVENTS_SUFFICE_AT, () => checkHeard(cloud, history, "I2", NAMES));
  await world.time.run(END);
  checkTheEnd(cloud, history);
  return world.violations;
}

/** Gives every process a feed of its own over the document that is published. @returns what publishes one. */
function publisher(cloud: Cloud, deployed: DeployedConfiguration): (text: string) => void {
  let text = "{}";
  cloud.feed = (process) =>
    createPolledFeed({
      deployed,
      clock: process.clock,
      observer: SILENT,
      source: {
        async poll(signal) {
          const failure = (): Error => new Error("AppConfig is unreachable");
          const read = { what: "polls the configuration", effect: () => text, failure, signal, isRead: true };
          return { document: { text: await process.call({ service: "appconfig", ...read }) }, nextMs: POLL_MS };
        },
      },
    });
  return (next) => void (text = next);
}

/** Nothing is put that no configuration in force allows (I19): under another prefix, or for a rule that was removed long ago. */
function guard(cloud: Cloud, checkTag: Cloud["onTag"]): void {
  const { world, places } = cloud;
  cloud.onTag = (destination, repository, tag, digest) => {
    checkTag(destination, repository, tag, digest);
    const prefix = places.get(destination)?.destination.prefix ?? "";
    const now = world.time.passed();
    const isRemoved = repository === `${prefix}/web` && now > SETTLED_AT && now < ADDED_AT;
    if (isRemoved || !repository.startsWith(`${prefix}/`))
      world.violate("I19", `${repository}:${tag} is put at ${destination}`);
  };
}
