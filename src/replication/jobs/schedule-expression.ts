import * as z from "zod";

/** The three forms of a schedule (Amazon EventBridge Scheduler user guide, "Schedule types"). Times are UTC. */
const RATE = /^rate\(([1-9]\d{0,4}) (minute|hour|day)s?\)$/;
const CRON = /^cron\([\d*,/?A-Z#-]+( [\d*,/?A-Z#-]+){5}\)$/;
const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/;

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** `rate(5 minutes)`, `cron(0 3 * * ? *)` or `at(2026-12-24T03:00:00)`. */
export const ScheduleExpression = z
  .string()
  .max(256)
  .refine(isSchedule, "is not rate(5 minutes), cron(0 3 * * ? *) or at(2026-12-24T03:00:00)");

function isSchedule(text: string): boolean {
  return RATE.test(text) || CRON.test(text) || atMs(text) !== undefined;
}

/** The interval of `rate(...)`, in milliseconds; undefined for other forms. */
export function rateMs(expression: string): number | undefined {
  const [, count, unit] = RATE.exec(expression) ?? [];
  if (unit !== "minute" && unit !== "hour" && unit !== "day") return undefined;
  return Number(count) * UNIT_MS[unit];
}

/** The time of `at(...)`, in epoch milliseconds; undefined for other forms, and for a time that no calendar has. */
export function atMs(expression: string): number | undefined {
  const text = AT.exec(expression)?.[1];
  const time = Date.parse(`${text}Z`);
  return text !== undefined && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? time : undefined;
}
