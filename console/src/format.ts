const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** `12.3 MB`; powers of 1,000. */
export function bytes(count: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** `8 s`, `3 min`, `2 h`, `5 d`: the largest unit that fits. */
export function duration(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1_000), 0);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `0.4 s`, `85 s`, `2.5 min`, `3 h`: with two digits or more. */
export function seconds(count: number): string {
  const tenths = (value: number): number => Number(value.toFixed(1));
  if (count < 10) return `${tenths(count)} s`;
  if (count < 120) return `${Math.round(count)} s`;
  return count < 7_200 ? `${tenths(count / 60)} min` : `${tenths(count / 3_600)} h`;
}

/** `$0.0021`, `$12.50`: cents, or two digits of what is less. */
export function dollars(amount: number): string {
  if (amount === 0) return "$0";
  if (amount >= 0.1) return `$${amount.toFixed(2)}`;
  return `$${amount.toLocaleString("en", { maximumSignificantDigits: 2 })}`;
}

/** Hours and minutes, or the day. */
export function shortTime(at: number, isDay: boolean): string {
  const time = new Date(at);
  if (isDay) return time.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  return time.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString();
}

export function moment(at: number): string {
  return new Date(at).toLocaleString();
}

/** `1 tag`, `2 tags`; `2 pushes` with a plural of its own. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}

/** `sha256:0b3e688e6930`: enough to tell two apart at a glance. */
export function shortDigest(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}
