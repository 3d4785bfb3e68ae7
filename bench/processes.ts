import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";

/** A registry of its own process, and how many requests it has had. */
export interface RegistryProcess extends AsyncDisposable {
  readonly host: string;
  readonly requests: () => number;
}

/** Starts Debian's `docker-registry`, on a memory disk where there is one, empty, on a free port. */
export async function startRegistryProcess(): Promise<RegistryProcess> {
  const directory = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "freightliner-bench-"));
  const host = `127.0.0.1:${await freePort()}`;
  const file = join(directory, "config.json");
  const configuration = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(directory, "data") } },
    http: { addr: host },
  };
  await writeFile(file, JSON.stringify(configuration));
  const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "pipe", "pipe"] });
  let requests = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => (requests += Number(/"[A-Z]+ \/v2\//.test(line))));
  }
  await answering(host, child);
  const probes = requests;
  return {
    host,
    requests: () => requests - probes,
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts the proxy in front of a registry. */
export async function startLatency(
  host: string,
  roundTripMs: number,
  capBytesPerMs = 0,
): Promise<{ readonly host: string } & AsyncDisposable> {
  const script = new URL("./latency-proxy.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, host, String(roundTripMs), String(capBytesPerMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port]: string[] = await once(createInterface({ input: child.stdout }), "line");
  return { host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => end(child) };
}

async function answering(host: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const answer = await request(`http://${host}/v2/`).catch(() => undefined);
    await answer?.body.dump();
    await sleep(50);
    if (answer?.statusCode === 200) return;
  }
  throw new Error(`docker-registry does not answer at ${host}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill();
  await exited;
}
