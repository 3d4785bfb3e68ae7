import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { JobScheduling } from "../../contract/stack/environment.ts";
import type { Job } from "../../replication/jobs/job.ts";
import { ScheduleError } from "../../replication/jobs/job-book.ts";
import type { JobSchedules } from "../../replication/jobs/job-book.ts";
import { untilAborted } from "../client/until-aborted.ts";

/**
 * What a schedule sends to the function. EventBridge Scheduler replaces the keyword in angle brackets (user guide, "Adding context
 * attributes"). The scheduled time is the id of the run: unlike the id of an invocation, it is the same when the invocation is retried.
 */
const SCHEDULED_TIME = "<aws.scheduler.scheduled-time>";

/**
 * Schedules of jobs in EventBridge Scheduler, one for each job, in one group. `put` is UpdateSchedule, which replaces every field, and
 * CreateSchedule where there is none yet: at no time is a job without a schedule.
 */
export function createJobSchedules(client: SchedulerClient, place: JobScheduling): JobSchedules {
  async function put(job: Job & { readonly schedule: string }, signal: AbortSignal): Promise<void> {
    const input = inputOf(job, place);
    if (await isDone(() => client.send(new UpdateScheduleCommand(input), { abortSignal: signal }), isUnknown)) return;
    // Someone else may have created it meanwhile: then it is updated.
    if (await isDone(() => client.send(new CreateScheduleCommand(input), { abortSignal: signal }), isConflict)) return;
    await client.send(new UpdateScheduleCommand(input), { abortSignal: signal });
  }

  return {
    put: (job, signal) => explained(job.name, signal, () => put(job, signal)),
    remove: (name, signal) =>
      explained(name, signal, async () => {
        const command = new DeleteScheduleCommand({ Name: name, GroupName: place.group });
        await isDone(() => untilAborted(signal, (options) => client.send(command, options)), isUnknown);
      }),
  };
}

function inputOf({ name, schedule }: Job & { readonly schedule: string }, { group, role, target }: JobScheduling) {
  return {
    Name: name,
    GroupName: group,
    ScheduleExpression: schedule,
    ScheduleExpressionTimezone: "UTC",
    FlexibleTimeWindow: { Mode: "OFF" },
    State: "ENABLED",
    Target: {
      Arn: target,
      RoleArn: role,
      Input: JSON.stringify({ job: name, run: SCHEDULED_TIME, isScheduled: true }),
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
    },
  } as const;
}

function isUnknown(error: unknown): boolean {
  return error instanceof ResourceNotFoundException;
}

function isConflict(error: unknown): boolean {
  return error instanceof ConflictException;
}

/** False when the request failed for a reason that is expected. */
async function isDone(send: () => Promise<unknown>, isExpected: (error: unknown) => boolean): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (isExpected(error)) return false;
    throw error;
  }
}

async function explained(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    signal.throwIfAborted();
    const problem = `EventBridge Scheduler did not change the schedule ${name}`;
    throw new ScheduleError(`${problem}; check that you may use its schedule group and pass its role`, { cause });
  }
}
