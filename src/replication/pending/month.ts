/** A month of UTC, `2026-11`, and its times in epoch milliseconds. */
export interface Month {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

/** The month with this name; undefined for another text. */
export function monthOf(text: string): Month | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined) return undefined;
  return monthAt(Number(year), Number(month) - 1);
}

export function thisMonth(now: Date): Month {
  return monthAt(now.getUTCFullYear(), now.getUTCMonth());
}

/** @param month 0 for January. */
function monthAt(year: number, month: number): Month {
  const from = Date.UTC(year, month);
  return { name: new Date(from).toISOString().slice(0, "2026-11".length), from, until: Date.UTC(year, month + 1) };
}
