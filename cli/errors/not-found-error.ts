/** There is no such image, tag or platform; the message says what there is, or what to check. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}
