/** What was checked, and what is wrong with it. */
export interface Check {
  /** `copy function: writes to europe`. */
  readonly about: string;
  /** What was found, and what to do; undefined when all is well. */
  readonly problem?: string | undefined;
}
