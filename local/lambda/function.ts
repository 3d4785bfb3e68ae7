import { startExecutionEnvironment } from "./execution-environment.ts";
import type { ExecutionEnvironment, FunctionDefinition, InvocationResult } from "./execution-environment.ts";
import { createSemaphore } from "../../src/async/semaphore.ts";

/** A deployed function: as many environments as it has invocations at once, reused while warm. */
export interface LocalFunction {
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /** Kills every environment, whatever it does: as a crash of the machine would. */
  killAll(): Promise<void>;
  /** Ends for good; invocations under way are killed. */
  close(): Promise<void>;
}

/** Deploys a function; more invocations than `maxConcurrency` wait in order. */
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
