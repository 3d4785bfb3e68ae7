import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A control group whose processes get a share of one CPU. */
export interface CpuShare extends AsyncDisposable {
  /** The command that runs `command` within the share. */
  readonly commandOf: (command: readonly string[]) => string[];
}

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 20_000;

/**
 * Limits processes to a share of one CPU, above 1 for more than one: by the quota of a control group, as Lambda's virtual machines do. The quota
 * is per 20 ms (Linux kernel, "CFS Bandwidth Control"; cgroup-v2, "cpu.max").
 * @throws Error when control groups cannot be written: that takes root.
 */
export async function createCpuShare(share: number): Promise<CpuShare> {
  const isV1 = existsSync(join(ROOT, "cpu/cpu.cfs_quota_us"));
  const group = join(ROOT, isV1 ? "cpu" : "", `freightliner-bench-${process.pid}`);
  const quota = Math.round(share * PERIOD_US);
  try {
    await mkdir(group);
    if (isV1) {
      await writeFile(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
      await writeFile(join(group, "cpu.cfs_quota_us"), String(quota));
    } else {
      await writeFile(join(group, "cpu.max"), `${quota} ${PERIOD_US}`);
    }
  } catch (error) {
    throw new Error(`${group} cannot be made: a share of a CPU needs a control group, and that needs root`, {
      cause: error,
    });
  }
  return {
    commandOf: (command) => ["sh", "-c", `echo $$ > ${group}/cgroup.procs && exec "$@"`, "sh", ...command],
    [Symbol.asyncDispose]: () => rmdir(group),
  };
}
