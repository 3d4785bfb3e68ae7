import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { requireKey, TEST_KEY } from "../access/access-key.ts";
import type { AccessKeyId } from "../access/access-key.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../http/read-body.ts";
import { AWS_JSON, sendJson } from "../http/send-json.ts";

export interface CodeBuildOptions {
  readonly project: string;
  /** The module that a build runs. */
  readonly entry: URL;
  /** All environment variables of a build. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** The access key to accept. */
  readonly key?: AccessKeyId;
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A CodeBuild project on this machine. */
export interface RunningCodeBuild {
  readonly endpoint: string;
  /** Builds that were started. */
  started(): number;
  /** Resolves when no build is running. */
  ended(): Promise<void>;
  /** Kills the running build, as a crash of its machine would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** API reference, "StartBuild", Request Parameters: `projectName` is required, of one character at least. */
const StartBuild = z.object({ projectName: z.string().min(1) });

/**
 * Emulates StartBuild of AWS CodeBuild (API reference, "StartBuild"; AWS JSON 1.1) for one project. It responds at once,
 * with the build `IN_PROGRESS`; a build is a separate process with the project's variables. Its errors are those of the
 * reference, each with status 400: ResourceNotFoundException for an unknown project, InvalidInputException,
 * AccountLimitExceededException. The project's `concurrentBuildLimit` is one: another build is "throttled and not run"
 * (API reference, "Project"). The reference does not name the exception for that; the emulator uses the one about limits.
 */
export async function startCodeBuild(options: CodeBuildOptions): Promise<RunningCodeBuild> {
  let build: ChildProcess | undefined;
  let started = 0;

  function run(): void {
    started++;
    const child = spawn(process.execPath, [fileURLToPath(options.entry)], {
      env: { ...options.environment() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    build = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => options.onLog?.(line));
    }
    child.on("exit", () => {
      if (build === child) build = undefined;
    });
  }

  async function ended(): Promise<void> {
    if (build !== undefined) await once(build, "exit");
  }

  async function kill(): Promise<void> {
    build?.kill("SIGKILL");
    await ended();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { data } = StartBuild.safeParse(JSON.parse(await readBody(request)));
    const refuse = (type: string, message: string): void =>
      sendJson(response, 400, { __type: type, message }, AWS_JSON);
    if (data === undefined) return refuse("InvalidInputException", "Project name is required");
    const { projectName } = data;
    if (request.headers["x-amz-target"] !== "CodeBuild_20161006.StartBuild" || projectName !== options.project) {
      return refuse("ResourceNotFoundException", `Project cannot be found: ${projectName}`);
    }
    if (build !== undefined) return refuse("AccountLimitExceededException", "Cannot have more than 1 active builds");
    run();
    const id = `${projectName}:${randomUUID()}`;
    sendJson(response, 200, { build: { id, projectName, buildNumber: started, buildStatus: "IN_PROGRESS" } }, AWS_JSON);
  }

  const server = await startHttpServer(requireKey(options.key ?? TEST_KEY, answer));
  return {
    endpoint: `http://${server.host}`,
    started: () => started,
    ended,
    kill,
    async close() {
      await server.close();
      await kill();
    },
  };
}
