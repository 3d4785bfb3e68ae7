import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpuMsOf } from "./process-stat.ts";

/** User and system time of a process that runs, in milliseconds; 0 when it has ended (proc_pid_stat(5)). */
export function cpuMs({ pid }: ChildProcess): number {
  try {
    return cpuMsOf(readFileSync(`/proc/${pid}/stat`, "utf8")).own;
  } catch {
    return 0;
  }
}

/** Ends a process, and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill();
  await exited;
}
