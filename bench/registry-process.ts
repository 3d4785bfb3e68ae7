import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import type { Authority } from "./authority.ts";
import { cpuMs, end } from "./child-process.ts";

/** A registry that runs as a process of its own. */
export interface RegistryProcess extends AsyncDisposable {
  readonly host: string;
  /** Requests so far, without those that waited for its start. */
  readonly requests: () => number;
  /** CPU time so far, in milliseconds. */
  readonly cpuMs: () => number;
  /** Digest under a tag; undefined when there is none. */
  readonly digestOf: (repository: string, tag: string, mediaType: string) => Promise<string | undefined>;
}

/** A folder for a registry's data, on a memory disk where there is one. */
export async function createStore(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "freightliner-bench-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Starts Debian's `docker-registry` on a store, on a free port: plain HTTP, or TLS with an authority. */
export async function startRegistryProcess(store: string, authority?: Authority): Promise<RegistryProcess> {
  const host = `127.0.0.1:${await freePort()}`;
  const file = join(store, `config-${host.split(":")[1]}.json`);
  const tls = authority && { certificate: authority.certificateFile, key: authority.keyFile };
  const configuration = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(store, "data") } },
    http: { addr: host, ...(tls && { tls }) },
  };
  await writeFile(file, JSON.stringify(configuration));
  const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "pipe", "pipe"] });
  let requests = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => (requests += Number(isRequest(line))));
  }
  const dispatcher = new Agent({ connect: authority === undefined ? {} : { ca: authority.ca } });
  const origin = `${authority === undefined ? "http" : "https"}://${host}`;
  await answering(`${origin}/v2/`, child, dispatcher);
  const probes = requests;
  return {
    host,
    requests: () => requests - probes,
    cpuMs: () => cpuMs(child),
    async digestOf(repository, tag, mediaType) {
      const url = `${origin}/v2/${repository}/manifests/${tag}`;
      const answer = await request(url, { method: "HEAD", headers: { accept: mediaType }, dispatcher });
      await answer.body.dump();
      const digest = answer.headers["docker-content-digest"];
      return typeof digest === "string" ? digest : undefined;
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      await end(child);
    },
  };
}

/** True for a line of the access log (Apache's combined log format) that names a request of the registry's API. */
export function isRequest(line: string): boolean {
  return /"[A-Z]+ \/v2\//.test(line);
}

async function answering(url: string, child: ChildProcess, dispatcher: Agent): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const answer = await request(url, { dispatcher }).catch(() => undefined);
    await answer?.body.dump();
    await sleep(50);
    if (answer?.statusCode === 200) return;
  }
  throw new Error(`docker-registry does not answer at ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
