import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { StackStatus } from "../../wiring/operations/stack-status.ts";

const STATES = ["equal", "copying", "waiting", "failed", "skipped", "quarantined", "cancelled"] as const;

/** The state of a stack as gauges (Prometheus, "Metric and label naming": base units, seconds and bytes). */
export function fillMetrics(
  registry: Registry,
  { tags, deadLetters, destinations }: Pick<StackStatus, "tags" | "deadLetters" | "destinations">,
): void {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name: `freightliner_${name}`, help, labelNames, registers: [registry] });
  const byState = gauge("tags", "Tags of all destinations, by state.", ["state"]);
  for (const state of STATES) byState.set({ state }, tags[state]);
  gauge("dead_letters", "Requests that failed for good, and wait for an operator.").set(deadLetters);
  const copies = gauge("pending_copies", "Accepted pushes that have not ended.", ["destination"]);
  const bytes = gauge("pending_bytes", "Bytes of their images, as far as they are known.", ["destination"]);
  const oldest = gauge("oldest_pending_seconds", "Age of the oldest of them.", ["destination"]);
  const late = gauge("late_copies", "Those that are later than the goal.", ["destination"]);
  const closed = gauge("circuit_closed", "1 while requests are sent to the destination.", ["destination"]);
  const waiting = gauge("queue_messages", "Messages that wait, by queue.", ["destination", "priority"]);
  for (const { name: destination, pending, circuit, queues } of destinations) {
    copies.set({ destination }, pending.copies);
    bytes.set({ destination }, pending.bytes);
    oldest.set({ destination }, pending.oldestMs / 1_000);
    late.set({ destination }, pending.late);
    closed.set({ destination }, circuit.state === "closed" ? 1 : 0);
    for (const { priority, waiting: messages } of queues) waiting.set({ destination, priority }, messages);
  }
}
