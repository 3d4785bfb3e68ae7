import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** What one run cost. */
export interface Cost {
  readonly wallMs: number;
  /** User and system time of the command and all its children. */
  readonly cpuMs: number;
  /** Peak resident memory of the largest single process, in bytes; sampled, so a peak shorter than 20 ms can be missed. */
  readonly memoryBytes: number;
}

/** Linux counts in ticks of 10 ms. */
const TICK_MS = 10;
const SAMPLE_MS = 20;

/** Runs commands one after another, as one piece of work. CPU is what the kernel books to our finished children. */
export async function measure(commands: readonly (readonly string[])[]): Promise<Cost> {
  const cpuBefore = childrenTicks();
  const started = performance.now();
  let memoryBytes = 0;
  for (const [program = "", ...args] of commands) {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    const errors: Buffer[] = [];
    child.stderr.on("data", (data: Buffer) => errors.push(data));
    const sampling = setInterval(() => (memoryBytes = Math.max(memoryBytes, peakOf(child.pid))), SAMPLE_MS);
    const [code] = await once(child, "close").finally(() => clearInterval(sampling));
    if (code !== 0)
      throw new Error(
        `${program} ${args.join(" ")} ended with ${String(code)}: ${Buffer.concat(errors).toString().slice(-500)}`,
      );
  }
  return { wallMs: performance.now() - started, cpuMs: (childrenTicks() - cpuBefore) * TICK_MS, memoryBytes };
}

/** `cutime` and `cstime` of this process (proc_pid_stat(5)). */
function childrenTicks(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[13]) + Number(fields[14]);
}

/** `VmHWM` of a process and those below it (proc_pid_status(5)); 0 when it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
