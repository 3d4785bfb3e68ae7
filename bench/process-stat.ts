/** Linux counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;

/** CPU time, user and system, in milliseconds. */
export interface CpuTimes {
  readonly own: number;
  /** Of the children that have ended and were waited for, and of theirs. */
  readonly children: number;
}

/** Reads `/proc/PID/stat` (proc_pid_stat(5)): utime, stime, cutime and cstime. The program's name may hold anything, `)` too. */
export function cpuMsOf(stat: string): CpuTimes {
  const fields = stat.slice(stat.lastIndexOf(") ") + 2).split(" ");
  const ticks = (index: number): number => Number(fields[index] ?? Number.NaN);
  return { own: (ticks(11) + ticks(12)) * TICK_MS, children: (ticks(13) + ticks(14)) * TICK_MS };
}
