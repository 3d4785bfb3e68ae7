import { startExecutionEnvironment } from "./execution-environment.ts";
import type { ExecutionEnvironment, FunctionDefinition, InvocationResult } from "./execution-environment.ts";
import { createSemaphore } from "../../src/async/semaphore.ts";

/** A deployed function: one execution environment per concurrent invocation, reused while warm. */
export interface LocalFunction {
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /** Kills every environment, as a crash of the machine would. */
  killAll(): Promise<void>;
  /** Removes the function; running invocations are killed. */
  close(): Promise<void>;
}

/** Deploys a function. Invocations beyond `maxConcurrency` wait in order. With `isWarm`, one environment starts at once. */
export function startFunction(definition: FunctionDefinition, maxConcurrency: number, isWarm = true): LocalFunction {
  const executions = createSemaphore(maxConcurrency);
  const all = new Set<ExecutionEnvironment>();
  const warm: ExecutionEnvironment[] = [];
  let closed = false;

  function take(): ExecutionEnvironment {
    for (;;) {
      const environment = warm.pop();
      if (environment === undefined) break;
      if (environment.isAlive()) return environment;
      all.delete(environment);
    }
    return startFresh();
  }

  function startFresh(): ExecutionEnvironment {
    const fresh = startExecutionEnvironment(definition);
    all.add(fresh);
    return fresh;
  }

  // The first event finds a warm environment.
  if (isWarm) warm.push(startFresh());

  async function killAll(): Promise<void> {
    const victims = [...all];
    all.clear();
    warm.length = 0;
    await Promise.all(victims.map((environment) => environment.kill()));
  }

  return {
    invoke: (event) =>
      executions.run(async () => {
        if (closed) return { kind: "failed", errorType: "Runtime.Closed", errorMessage: "the function was removed" };
        const environment = take();
        const result = await environment.invoke(event);
        if (environment.isAlive() && all.has(environment)) warm.push(environment);
        else all.delete(environment);
        return result;
      }),
    killAll,
    async close() {
      closed = true;
      await killAll();
    },
  };
}
