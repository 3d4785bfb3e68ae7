import { readFile } from "node:fs/promises";
import { systemClock } from "../src/async/system-clock.ts";
import { ConfigurationError } from "../src/contract/configuration/configuration.ts";
import { describeError } from "../src/contract/telemetry/observer.ts";
import { Announcement } from "../src/replication/pending/announcement.ts";
import type { PutEvent } from "./emulators/put-events.ts";
import { watchFile } from "./configuration/watched-file.ts";
import { pushDemo, verifyDemo } from "./demo.ts";
import { DirectoryInUseError } from "./stack/data-directory.ts";
import { PortInUseError } from "../src/loopback/http-server.ts";
import { createTerminalView } from "./view/terminal-view.ts";
import type { TerminalView } from "./view/terminal-view.ts";
import { LOCAL_USAGE, OptionsError, parseLocalOptions } from "./stack/local-options.ts";
import type { LocalOptions } from "./stack/local-options.ts";
import { refusedPart } from "../src/reload/refused-layers.ts";
import { openConsole } from "./console/open-console.ts";
import { startStack } from "./stack/stack.ts";
import type { Stack } from "./stack/stack.ts";

/** Errors that the user can resolve with other options, or by ending another program: exit code 2. */
const USER_ERRORS = [OptionsError, PortInUseError, DirectoryInUseError, ConfigurationError];
/** Time limit of the demo, which takes a few seconds: enough for a machine that is busy with other work. */
const DEMO_MS = 300_000;
/** Shorter than in a deployment, because the user watches: progress is written at each renewal, three times per lease. */
const LEASE_SECONDS = 9;
/** After a signal the process exits within this time, even if something hangs. */
const SHUTDOWN_MS = 1_800;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopped.abort(new Error(signal));
    setTimeout(() => process.exit(process.exitCode ?? 0), SHUTDOWN_MS).unref();
  });
}

/** Types of events that are said. */
const LATE: readonly string[] = ["Late", "LateArrived"];

/** Starts the stack, runs the demo and waits for a signal. @returns the exit code. */
async function run(options: LocalOptions, view: TerminalView): Promise<number> {
  view.say("Starting source, target and functions ...");
  const external = options.config === undefined ? undefined : await readExternal(options.config);
  await using stack = await startStack({
    ...options,
    external,
    variables: process.env,
    directory: options.data,
    leaseSeconds: LEASE_SECONDS,
    onTarget: (event) => view.target(event),
    onLog: (name, line) => view.log(name, line),
    onEvent: (event) => sayEvent(event, view),
  });
  announce(stack, view);
  const watching = watch(stack, options, external, view);
  const page = options.once ? undefined : await openConsole(stack, options);
  await using _page = page;
  if (page !== undefined) view.say(`  console http://${page.host}/  (what runs, what failed, and why)`);
  if (options.demo) await showDemo(stack, view);
  if (options.once) return 0;
  if (options.json) process.stdout.write(`${readyLine(stack, page?.host)}\n`);
  invite(stack, view);
  await new Promise<void>((resolve) => {
    if (stopped.signal.aborted) resolve();
    stopped.signal.addEventListener("abort", () => resolve());
  });
  view.say("Stopping ...");
  await watching;
  return 0;
}

/** Says what is late. The log says what ends in time. */
function sayEvent({ type, detail }: PutEvent, view: TerminalView): void {
  const { data } = Announcement.safeParse(detail);
  if (data === undefined || !LATE.includes(type)) return;
  view.say(`  ${type} ${data.repository}:${data.reference} (${data.lagSeconds.toFixed(0)} s after the push)`);
}

async function readExternal(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new OptionsError(`--config ${file} cannot be read`, { cause });
  });
}

/** Watches the file of `--config` until the end. */
async function watch(
  { configuration }: Stack,
  { config }: LocalOptions,
  text: string | undefined,
  view: TerminalView,
): Promise<void> {
  if (config === undefined || text === undefined) return;
  const say = (said: string): void => view.say(`  ${said}`);
  await watchFile({ file: config, text, configuration, clock: systemClock, say }, stopped.signal);
}

function announce({ source, target }: Stack, view: TerminalView): void {
  view.say(`  source  ${source.registry}  (plays Amazon ECR)`);
  view.say(`  target  ${target.registry}/${target.prefix}  (plays Google Artifact Registry)`);
}

async function showDemo(stack: Stack, view: TerminalView): Promise<void> {
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(DEMO_MS)]);
  view.say("Pushing the demo to the source: demo/app:v1, three platforms and a signature-like artifact ...");
  const started = Date.now();
  await pushDemo(stack, signal);
  const { digest, manifests, blobs, bytes } = await verifyDemo(stack, signal);
  view.say(
    `Verified demo/app:v1 ${digest}: ${manifests} manifests and ${blobs} blobs, ${(bytes / 1_000_000).toFixed(1)} MB,`,
  );
  view.say(
    `  equal at source and target, digest by digest, ${((Date.now() - started) / 1_000).toFixed(1)} s after the push began.`,
  );
}

function invite({ source, target, lambdaEndpoint }: Stack, view: TerminalView): void {
  view.say("Push with a real client, for example:");
  view.say(
    `  skopeo copy --all --dest-tls-verify=false --dest-creds ${source.username}:${source.password} docker://docker.io/library/alpine:latest docker://${source.registry}/alpine:latest`,
  );
  view.say("  (without the internet: oci:FOLDER:TAG in place of docker://docker.io/library/alpine:latest)");
  view.say("Check that it arrives:");
  view.say(
    `  skopeo inspect --raw --tls-verify=false --creds ${target.username}:${target.password} docker://${target.registry}/${target.prefix}/alpine:latest`,
  );
  view.say("Show the status:");
  view.say(`  npx freightliner status --local ${lambdaEndpoint}`);
  view.say("Ctrl-C stops. Everything is removed then, unless --data DIR was given.");
}

/** The line of `--json`: addresses, and logins for both registries. */
function readyLine({ source, target, lambdaEndpoint }: Stack, pageHost: string | undefined): string {
  return JSON.stringify({
    ready: true,
    page: `http://${pageHost}/`,
    lambda: lambdaEndpoint,
    source: { registry: source.registry, username: source.username, password: source.password },
    target: { registry: target.registry, prefix: target.prefix, username: target.username, password: target.password },
  });
}

/** Lists the problems of a configuration; the errors below it would say them again. */
function describeRefusal(error: unknown, file: string): string {
  if (!(error instanceof ConfigurationError)) return describeError(error);
  const { problems } = error;
  return [`${refusedPart(problems, file)} is not valid; correct it`, ...problems.map((each) => `  ${each}`)].join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  let json = false;
  let file = "the configuration";
  try {
    const options = parseLocalOptions(args);
    json = options.json;
    if (options.config !== undefined) file = `--config ${options.config}`;
    if (options.help) {
      process.stdout.write(LOCAL_USAGE);
      return 0;
    }
    return await run(options, createTerminalView(json ? process.stderr : process.stdout));
  } catch (error) {
    if (stopped.signal.aborted) return 130;
    process.stderr.write(`freightliner: ${describeRefusal(error, file)}\n`);
    if (error instanceof OptionsError) process.stderr.write(LOCAL_USAGE);
    return USER_ERRORS.some((kind) => error instanceof kind) ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
