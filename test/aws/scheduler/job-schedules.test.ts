import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";
import { startScheduler } from "../../../local/emulators/scheduler-api.ts";
import type { RunningServer } from "../../../src/loopback/http-server.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createJobSchedules } from "../../../src/aws/scheduler/job-schedules.ts";
import { job } from "../../contracts/job-book.ts";
import { eventually } from "../../fixtures/eventually.ts";

const PLACE = {
  group: "images-jobs",
  role: "arn:aws:iam::123456789012:role/jobs",
  target: "arn:aws:lambda:x:y:function:jobs",
};

const scheduled = (name: string, schedule: string) => ({ ...job(name), schedule });

describe("a schedule of a job", () => {
  const invoked: { readonly arn: string; readonly input: unknown }[] = [];
  let server: RunningServer;
  let client: SchedulerClient;
  beforeAll(async () => {
    server = await startScheduler({ group: PLACE.group, invoke: (arn, input) => invoked.push({ arn, input }) });
    client = new SchedulerClient({ ...LOCAL_AWS, endpoint: `http://${server.host}`, maxAttempts: 1 });
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
  });
  const read = (Name: string) => client.send(new GetScheduleCommand({ Name, GroupName: PLACE.group }));

  it("is created, replaced and removed, each again without an error", async () => {
    const schedules = createJobSchedules(client, PLACE);
    for (const expression of ["rate(5 minutes)", "cron(0 3 * * ? *)", "cron(0 3 * * ? *)"]) {
      await schedules.put(scheduled("nightly", expression), NEVER);
      expect(await read("nightly")).toMatchObject({ ScheduleExpression: expression, State: "ENABLED" });
    }
    await schedules.remove("nightly", NEVER);
    await schedules.remove("nightly", NEVER);
    await expect(read("nightly")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is there once after concurrent changes", async () => {
    const schedules = createJobSchedules(client, PLACE);
    await Promise.all([1, 2, 3, 4].map((hours) => schedules.put(scheduled("raced", `rate(${hours} hours)`), NEVER)));
    expect((await read("raced")).ScheduleExpression).toMatch(/^rate\([1-4] hours\)$/);
  });

  it("invokes the function with the name of the job and the scheduled time as the id of the run", async () => {
    const soon = new Date(Date.now() + 2_000).toISOString().slice(0, 19);
    await createJobSchedules(client, PLACE).put(scheduled("once", `at(${soon})`), NEVER);
    await eventually("the invocation", () => invoked[0]);
    expect(invoked).toEqual([{ arn: PLACE.target, input: { job: "once", run: `${soon}Z`, isScheduled: true } }]);
  });

  it("says what to check when the group does not exist", async () => {
    const elsewhere = createJobSchedules(client, { ...PLACE, group: "absent" });
    await expect(elsewhere.put(scheduled("nightly", "rate(1 hour)"), NEVER)).rejects.toMatchObject({
      name: "ScheduleError",
      message: expect.stringContaining("check that you may use its schedule group"),
    });
  });
});
