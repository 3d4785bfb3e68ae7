import * as z from "zod";

const RATE = /^rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)$/;
const CRON_FIELD = /^[A-Z0-9*?,/#-]+$/;

/** Why a text is not a recurring schedule of Amazon EventBridge Scheduler (user guide, "Schedule types"); undefined when it is one. */
function scheduleProblem(text: string): string | undefined {
  if (RATE.test(text)) return undefined;
  const fields = /^cron\((.*)\)$/.exec(text)?.[1]?.split(" ") ?? [];
  if (fields.length !== 6 || !fields.every((field) => CRON_FIELD.test(field))) {
    return "is neither rate(VALUE UNIT) nor cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)";
  }
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if ((dayOfMonth === "?") !== (dayOfWeek === "?")) return undefined;
  return "needs ? for exactly one of day of month and day of week";
}

/** A recurring schedule of EventBridge Scheduler: `rate(...)` or `cron(...)`. */
export const ScheduleExpression = z.string().superRefine((text, context) => {
  const problem = scheduleProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: `"${text}" ${problem}` });
});

/** A time zone of the IANA database, `Europe/Berlin`. JavaScript also knows offsets such as `+05:30`, which EventBridge Scheduler refuses. */
export const TimeZone = z.string().refine((name) => {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}, "is not a time zone of the IANA database");
