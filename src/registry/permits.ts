/** A number of things that may be held at once. */
export interface Permits {
  /** Takes one; false when all are taken. */
  take(): boolean;
  giveBack(): void;
}

export function createPermits(count: number): Permits {
  let taken = 0;
  return {
    take() {
      if (taken >= count) return false;
      taken++;
      return true;
    },
    giveBack() {
      taken--;
    },
  };
}
