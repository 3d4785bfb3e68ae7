/** What was checked, and what is wrong with it. */
export interface Check {
  /** `copy function: writes to europe`. */
  readonly about: string;
  /** What was found, and what to do; undefined when all is well. */
  readonly problem?: string | undefined;
  /** What only people know whether it is a problem, and what to do if it is. */
  readonly note?: string | undefined;
}
