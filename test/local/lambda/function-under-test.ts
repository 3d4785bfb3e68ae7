/** What a test asks of the function below. */
interface Order {
  readonly say?: unknown;
  readonly fail?: string;
  readonly hang?: boolean;
  readonly exit?: boolean;
  readonly remaining?: boolean;
}

let invocations = 0;

/** A function that does as it is told. */
export async function handler(
  order: Order,
  context: { getRemainingTimeInMillis(): number; functionName: string },
): Promise<unknown> {
  invocations++;
  console.log(JSON.stringify({ level: "INFO", message: "invoked", invocations, secret: process.env["SECRET"] }));
  if (order.hang) await new Promise(() => setInterval(() => undefined, 1_000));
  if (order.exit) process.exit(3);
  if (order.fail !== undefined) throw new TypeError(order.fail);
  if (order.remaining) return { left: context.getRemainingTimeInMillis(), name: context.functionName };
  return { said: order.say, invocations, home: process.env["HOME"] };
}
