import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpuMsOf } from "./process-stat.ts";

/** What one run cost. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time of the command and all its children. */
  readonly cpuMs: number;
  /** Peak resident memory of the largest single process, in bytes; sampled, so a peak shorter than 20 ms can be missed. */
  readonly memoryBytes: number;
}

const SAMPLE_MS = 20;

/** Runs commands one after another, as one piece of work. CPU is what the kernel books to our finished children. */
export async function measure(
  commands: readonly (readonly string[])[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cost> {
  const cpuBefore = childrenMs();
  const started = performance.now();
  let memoryBytes = 0;
  for (const [program = "", ...args] of commands) {
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    const errors: Buffer[] = [];
    child.stderr.on("data", (data: Buffer) => errors.push(data));
    const sampling = setInterval(() => (memoryBytes = Math.max(memoryBytes, peakOf(child.pid))), SAMPLE_MS);
    const [code] = await once(child, "close").finally(() => clearInterval(sampling));
    if (code !== 0)
      throw new Error(
        `${program} ${args.join(" ")} ended with ${String(code)}: ${Buffer.concat(errors).toString().slice(-500)}`,
      );
  }
  return { wallMs: performance.now() - started, cpuMs: childrenMs() - cpuBefore, memoryBytes };
}

function childrenMs(): number {
  return cpuMsOf(readFileSync("/proc/self/stat", "utf8")).children;
}

/** `VmHWM` of a process (proc_pid_status(5)); 0 when it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
