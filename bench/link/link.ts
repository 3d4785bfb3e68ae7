import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuMs, end } from "../child-process.ts";

/** A link to a registry: where clients connect to, and what it costs. */
export interface Link extends AsyncDisposable {
  readonly host: string;
  /** CPU time so far, in milliseconds. */
  readonly cpuMs: () => number;
}

export interface LinkOptions {
  /** What a round trip takes, in milliseconds; 0 for no proxy at all. */
  readonly roundTripMs: number;
  /** Limit of each connection's answers, in bytes per millisecond; 0 for none. */
  readonly bytesPerMs?: number | undefined;
  /** Path of the built proxy (`link/latency`); the one in Node, which takes four times the CPU, when there is none. */
  readonly program?: string | undefined;
}

/** Puts latency before a registry. */
export async function startLink(host: string, { roundTripMs, bytesPerMs = 0, program }: LinkOptions): Promise<Link> {
  if (roundTripMs === 0) return { host, cpuMs: () => 0, [Symbol.asyncDispose]: () => Promise.resolve() };
  const script = fileURLToPath(new URL("./latency-proxy.ts", import.meta.url));
  const command = program === undefined ? [process.execPath, script] : [program];
  const [file, ...args] = [...command, host, String(roundTripMs), String(bytesPerMs)];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [port]: string[] = await once(createInterface({ input: child.stdout }), "line");
  return { host: `127.0.0.1:${port}`, cpuMs: () => cpuMs(child), [Symbol.asyncDispose]: () => end(child) };
}
