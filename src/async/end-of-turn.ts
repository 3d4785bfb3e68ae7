/**
 * Calls `act` at the end of this turn of the event loop: after all input that is there now was read.
 * @returns a function that cancels the call.
 */
export function atEndOfTurn(act: () => void): () => void {
  const scheduled = setImmediate(act);
  return () => clearImmediate(scheduled);
}
