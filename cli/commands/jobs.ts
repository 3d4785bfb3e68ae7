import { Argument, Command } from "@commander-js/extra-typings";
import type { CommandRunner } from "./command-runner.ts";
import { createApiCommand, integerFrom, numberFrom } from "./create-command.ts";

const TASKS = ["copy-tag", "copy-repository", "reconcile", "plan", "verify", "prune"] as const;

/** Commands about the jobs of a stack. */
export function jobsCommand(runner: CommandRunner) {
  const summary = "list, add, update, remove and run the jobs of a stack";
  const changes = [
    changeCommand(runner, "add", "add a job; fails when there is one of this name"),
    changeCommand(runner, "update", "replace a job as a whole, at once"),
    namedCommand(runner, "remove", "remove a job; a run that is under way continues"),
    namedCommand(runner, "run", "run a job now, and wait for its end"),
    namedCommand(runner, "cancel", "end the run of a job that is under way"),
  ];
  const jobs = new Command("jobs")
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .helpCommand(false)
    .addArgument(
      new Argument("<command>", "what to do").choices([
        "list",
        "show",
        "history",
        "result",
        "add",
        "update",
        "remove",
        "run",
        "cancel",
      ]),
    )
    .addCommand(listCommand(runner))
    .addCommand(readCommand(runner, "show", "show a job and its version"))
    .addCommand(readCommand(runner, "history", "show how the last runs of a job ended"))
    .addCommand(resultCommand(runner))
    // Runs for no word: commander refuses every other one than the names of the commands.
    .action(() => undefined);
  for (const change of changes) jobs.addCommand(change);
  return jobs;
}

function listCommand(runner: CommandRunner) {
  return createApiCommand("list", "list the jobs of a stack").action((given) =>
    runner.run(given, async (terminal, signal) =>
      (await import("../jobs/show-jobs.ts")).listJobs(given, terminal, signal),
    ),
  );
}

function readCommand(runner: CommandRunner, name: "show" | "history", summary: string) {
  return createApiCommand(name, summary)
    .argument("<name>", "the job")
    .action((job, given) =>
      runner.run(given, async (terminal, signal) => {
        const { showJob, showHistory } = await import("../jobs/show-jobs.ts");
        return name === "show" ? showJob(job, given, terminal, signal) : showHistory(job, given, terminal, signal);
      }),
    );
}

function resultCommand(runner: CommandRunner) {
  return createApiCommand("result", "show what the newest plan or verification of a job has found")
    .argument("<name>", "the job")
    .action((job, given) =>
      runner.run(given, async (terminal, signal) =>
        (await import("../jobs/show-result.ts")).showResult(job, given, terminal, signal),
      ),
    );
}

function namedCommand(runner: CommandRunner, name: "remove" | "run" | "cancel", summary: string) {
  return createApiCommand(name, summary)
    .argument("<name>", "the job")
    .action((job, given) =>
      runner.run(given, async (terminal, signal) => {
        const { removeJob, runJobNow, cancelJob } = await import("../jobs/change-jobs.ts");
        const act = { remove: removeJob, run: runJobNow, cancel: cancelJob }[name];
        return act(job, given, terminal, signal);
      }),
    );
}

function changeCommand(runner: CommandRunner, name: "add" | "update", summary: string) {
  return createApiCommand(name, summary)
    .argument("<name>", "the job: a-z, 0-9 and -, at most 48 characters")
    .addArgument(new Argument("<task>", "what it does").choices(TASKS))
    .option("--repository <name>", "the repository at the source; plan and verify take all without it")
    .option("--tag <tag>", "the tag of copy-tag")
    .option("--destination <name>", "the destination of copy-tag; all without it")
    .option(
      "--comparison <name>",
      "a comparison that the configuration names: of reconcile; the regular one without it",
    )
    .option(
      "--sample <percent>",
      "the share of equal tags that verify compares to the last blob",
      numberFrom(0.01, 100),
    )
    .option("--repair", "verify requests copies of what has faults", false)
    .option("--dry-run", "prune only says what it would remove", false)
    .option("--schedule <expression>", 'such as "rate(5 minutes)" or "cron(0 3 * * ? *)", in UTC; on demand without it')
    .option("--timeout <seconds>", "longest time of one run", integerFrom(1, 840), 600)
    .option("--retries <n>", "further attempts after a transient failure", integerFrom(0, 5), 0)
    .option("--disabled", "its schedule starts nothing", false)
    .action((job, task, given) =>
      runner.run(given, async (terminal, signal) => {
        const { addJob, updateJob } = await import("../jobs/change-jobs.ts");
        const change = name === "add" ? addJob : updateJob;
        return change({ ...given, name: job, task }, terminal, signal);
      }),
    );
}
