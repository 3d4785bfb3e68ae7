import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { atMs, rateMs, ScheduleExpression } from "../../src/replication/jobs/schedule-expression.ts";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import type { RunningServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { sendJson } from "../http/send-json.ts";

/** Invokes the target of a schedule, by its ARN, with its input. */
export type InvokeTarget = (arn: string, input: unknown) => void;

export interface SchedulerOptions {
  /** The only schedule group. */
  readonly group: string;
  readonly invoke: InvokeTarget;
  readonly key?: AccessKeyId | undefined;
}

/** The fields that CreateSchedule and UpdateSchedule require (API reference, "CreateSchedule"), and the input. */
const Body = z.object({
  GroupName: z.string(),
  ScheduleExpression,
  FlexibleTimeWindow: z.object({ Mode: z.literal("OFF") }),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  Target: z.object({ Arn: z.string(), RoleArn: z.string(), Input: z.string().default("{}") }),
});
type Schedule = z.infer<typeof Body>;

interface Armed {
  readonly schedule: Schedule;
  disarm(): void;
}

/** The longest delay of a timer, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Emulates CreateSchedule, UpdateSchedule, GetSchedule and DeleteSchedule of EventBridge Scheduler, in one group. UpdateSchedule replaces all
 * fields (API reference, "UpdateSchedule"). `rate` is invoked at its interval, first one interval after the change, and `at` once; a
 * `cron` is accepted and never due.
 */
export async function startScheduler({ group, invoke, key = TEST_KEY }: SchedulerOptions): Promise<RunningServer> {
  const schedules = new Map<string, Armed>();
  const server = await startHttpServer(
    requireKey(key, (request, response) => answer(request, response, { group, invoke, schedules })),
  );
  return {
    ...server,
    async close() {
      for (const each of schedules.values()) each.disarm();
      await server.close();
    },
  };
}

interface State {
  readonly group: string;
  readonly invoke: InvokeTarget;
  readonly schedules: Map<string, Armed>;
}

async function answer(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const [, name] = /^\/schedules\/([\w.-]{1,64})$/.exec(url.pathname) ?? [];
  if (name === undefined) return refuse(response, "ValidationException", `no schedule name: ${url.pathname}`);
  const read = readFields(await readBody(request));
  if (read.problem !== undefined) return refuse(response, "ValidationException", read.problem);
  const { fields } = read;
  // The group is in the body of a change, and otherwise in the query (API reference, "DeleteSchedule").
  const group = fields === undefined ? url.searchParams.get("groupName") : fields.GroupName;
  const asked = { name, method: request.method, body: fields };
  const refused = group === state.group ? change(asked, state) : "ResourceNotFoundException";
  if (refused !== undefined) return refuse(response, refused, `schedule ${name} in group ${group}`);
  sendJson(response, 200, { Name: name, ...state.schedules.get(name)?.schedule });
}

function readFields(text: string): { readonly fields?: Schedule; readonly problem?: string } {
  if (text === "") return {};
  const { data, error } = Body.safeParse(JSON.parse(text));
  return data === undefined ? { problem: error.message } : { fields: data };
}

interface Asked {
  readonly name: string;
  readonly method: string | undefined;
  readonly body: Schedule | undefined;
}

/** Creates, replaces or deletes a schedule; GET changes nothing. @returns why not. */
function change({ name, method, body }: Asked, { schedules, invoke }: State): keyof typeof STATUS | undefined {
  const known = schedules.get(name);
  if (method === "POST" && known !== undefined) return "ConflictException";
  if (method !== "POST" && known === undefined) return "ResourceNotFoundException";
  if (method === "GET") return undefined;
  if (method !== "DELETE" && body === undefined) return "ValidationException";
  known?.disarm();
  if (body === undefined || method === "DELETE") schedules.delete(name);
  else schedules.set(name, armed(body, invoke));
  return undefined;
}

/** HTTP status codes of the errors (API reference, "CreateSchedule", "Errors"). */
const STATUS = { ValidationException: 400, ResourceNotFoundException: 404, ConflictException: 409 } as const;

function refuse(response: ServerResponse, error: keyof typeof STATUS, Message: string): void {
  // Clients know errors by this header (Smithy, AWS restJson1 protocol).
  response.setHeader("x-amzn-errortype", error);
  return sendJson(response, STATUS[error], { Message });
}

/** Starts the timer of a schedule. */
function armed(schedule: Schedule, invoke: InvokeTarget): Armed {
  const { ScheduleExpression: expression, State, Target } = schedule;
  const everyMs = rateMs(expression);
  let timer: NodeJS.Timeout | undefined;
  const waitFor = (dueAt: number): void => {
    const leftMs = dueAt - Date.now();
    if (leftMs > LONGEST_MS) return void (timer = setTimeout(waitFor, LONGEST_MS, dueAt));
    timer = setTimeout(() => {
      // User guide, "Adding context attributes": the keyword is replaced by the scheduled time, in whole seconds.
      const time = new Date(dueAt).toISOString().replace(/\.\d+Z$/, "Z");
      invoke(Target.Arn, JSON.parse(Target.Input.replaceAll("<aws.scheduler.scheduled-time>", time)));
      if (everyMs !== undefined) waitFor(dueAt + everyMs);
    }, leftMs);
  };
  const firstAt = everyMs === undefined ? atMs(expression) : Date.now() + everyMs;
  if (State === "ENABLED" && firstAt !== undefined && firstAt > Date.now()) waitFor(firstAt);
  return { schedule, disarm: () => clearTimeout(timer) };
}
