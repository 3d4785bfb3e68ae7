import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isDigest } from "../src/oci/digest.ts";
import { parseRegistryHost, parseRepositoryName } from "../src/oci/reference.ts";
import { createConnections } from "../src/registry/http/connections.ts";
import { fixedCredentials } from "../src/registry/credentials/credentials.ts";
import { createRegistrySource } from "../src/registry/registry-source.ts";
import { createRegistryTarget } from "../src/registry/registry-target.ts";

// `npm run bench:huge`: one blob of 10 GiB (or so many as the argument says) whose source breaks every 50 MiB. Prints what
// the target got, and how much memory the copying process took beyond what it has when idle.

const MIB = 1024 * 1024;
const size = Number(process.argv[2] ?? 10) * 1024 * MIB;
const script = fileURLToPath(new URL("./huge-servers.ts", import.meta.url));
const servers = spawn(process.execPath, [script, String(size), String(50 * MIB)], {
  stdio: ["ignore", "pipe", "inherit"],
});
const lines = createInterface({ input: servers.stdout })[Symbol.asyncIterator]();
const next = async (): Promise<Record<string, unknown>> => JSON.parse((await lines.next()).value ?? "{}");

try {
  const { host, digest } = await next();
  if (typeof digest !== "string" || !isDigest(digest)) throw new Error("the servers did not start");
  await using connections = createConnections();
  const endpoint = {
    registry: parseRegistryHost(String(host)),
    repository: parseRepositoryName("huge"),
    plainHttp: true,
    credentials: fixedCredentials({ kind: "anonymous" }),
    connections,
  };
  const source = createRegistrySource({ ...endpoint, side: "source" });
  const target = createRegistryTarget({ ...endpoint, side: "target" });
  const blob = { mediaType: "application/octet-stream", digest, size };
  const { signal } = new AbortController();
  const idle = process.memoryUsage.rss();
  let peak = idle;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 100);
  const started = performance.now();
  await target.pushBlob(blob, { open: (opening) => source.openBlob(blob, opening) }, signal);
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(sampling);
  const { bytes, breaks, isRight } = await next();
  const sentTwice = Number(bytes) - size;
  process.stdout.write(
    [
      `blob ${(size / 1024 / MIB).toFixed(1)} GiB in ${seconds.toFixed(1)} s (${(size / MIB / seconds).toFixed(0)} MiB/s), digest ${isRight === true ? "right" : "WRONG"}`,
      `source broke ${String(breaks)} times; sent twice: ${sentTwice} bytes`,
      `memory: ${(idle / MIB).toFixed(0)} MiB idle, ${(peak / MIB).toFixed(0)} MiB at the peak, ${((peak - idle) / MIB).toFixed(0)} MiB more`,
      "",
    ].join("\n"),
  );
} finally {
  servers.kill();
}
