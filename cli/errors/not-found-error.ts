/** There is no such image, tag or platform. The message lists what exists, or says what to check. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}
