/** The other side of a connection sends or takes bytes too slowly, or does not answer in time. */
export class StallError extends Error {
  override readonly name = "StallError";
}
