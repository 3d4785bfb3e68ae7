import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pushImage } from "../local/images/push-image.ts";
import type { Authority } from "./authority.ts";
import { startLink } from "./link/link.ts";
import { measure } from "./measure.ts";
import type { Cost } from "./measure.ts";
import { createStore, startRegistryProcess } from "./registry-process.ts";
import type { RegistryProcess } from "./registry-process.ts";
import type { Tool } from "./tools/tool.ts";
import type { Workload } from "./workloads.ts";

/** One copy of a workload by one tool. */
export interface Run extends Cost {
  readonly sourceRequests: number;
  readonly targetRequests: number;
  /** Of both proxies together. */
  readonly proxyCpuMs: number;
  /** Of both registries together. */
  readonly registryCpuMs: number;
}

/** What the copies of a series have in common. */
export interface Circumstances {
  readonly roundTripMs: number;
  /** Undefined for plain HTTP. */
  readonly authority: Authority | undefined;
  /** Path of the built proxy, if there is one. */
  readonly proxy: string | undefined;
}

/** A store that has the images of a workload. */
export async function createFilledStore({ name, images }: Workload): Promise<Awaited<ReturnType<typeof createStore>>> {
  const store = await createStore();
  await using registry = await startRegistryProcess(store.path);
  for (const [tag, image] of images) {
    for (const repository of [repositoryOf(name), TARGET]) {
      // The target's name too: a copy of the store is what a warm target has.
      await pushImage(image, { registry: registry.host, repository, tag }, AbortSignal.timeout(300_000));
    }
  }
  return store;
}

const TARGET = "bench/copy";
const repositoryOf = (workload: string): string => `bench/${workload}`;
/** The access log comes through a pipe, a little after the answer. */
const LOG_DELAY_MS = 200;

/** Copies a workload with a tool into an empty target, and checks the result: a copy that is wrong is no result. */
export async function runCopy(
  tool: Tool,
  workload: Workload,
  filled: string,
  { roundTripMs, authority, proxy }: Circumstances,
): Promise<Run> {
  await using store = await createStore();
  if (workload.isWarm === true) await cp(join(filled, "data"), join(store.path, "data"), { recursive: true });
  await using source = await startRegistryProcess(filled, authority);
  await using target = await startRegistryProcess(store.path, authority);
  await using near = await startLink(source.host, { roundTripMs, bytesPerMs: workload.sourceCap, program: proxy });
  await using far = await startLink(target.host, { roundTripMs, program: proxy });
  await using folder = await createFolder();
  const commands = tool.commands({
    from: `${near.host}/${repositoryOf(workload.name)}`,
    to: `${far.host}/${TARGET}`,
    images: workload.images,
    isTls: authority !== undefined,
    folder: folder.path,
  });
  const before = { registries: source.cpuMs() + target.cpuMs(), proxies: near.cpuMs() + far.cpuMs() };
  const cost = await measure(commands, environmentOf(authority));
  const registryCpuMs = source.cpuMs() + target.cpuMs() - before.registries;
  const proxyCpuMs = near.cpuMs() + far.cpuMs() - before.proxies;
  await sleep(LOG_DELAY_MS);
  const [sourceRequests, targetRequests] = [source.requests(), target.requests()];
  await verify(target, workload);
  return { ...cost, sourceRequests, targetRequests, proxyCpuMs, registryCpuMs };
}

/** Every tool here reads SSL_CERT_FILE; none may find it where there is no TLS. */
function environmentOf(authority: Authority | undefined): NodeJS.ProcessEnv {
  const { SSL_CERT_FILE: _own, ...environment } = process.env;
  return authority === undefined ? environment : { ...environment, SSL_CERT_FILE: authority.caFile };
}

async function verify(target: RegistryProcess, { images }: Workload): Promise<void> {
  for (const [tag, image] of images) {
    const { mediaType, digest } = image.root.descriptor;
    const found = await target.digestOf(TARGET, tag, mediaType);
    if (found !== digest) throw new Error(`${tag} is ${found} at the target, not ${digest}`);
  }
}

async function createFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "freightliner-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
