/** A request that has not ended by then is sent again, in case it never reached its queue; then at this interval. Milliseconds. */
export const RESEND_AFTER_MS = 1_800_000;
export const RESEND_EVERY_MS: number = 6 * 3_600_000;
