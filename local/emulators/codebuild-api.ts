import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { startHttpServer } from "./http-server.ts";
import { readBody } from "./read-body.ts";
import { AWS_JSON, sendJson } from "./send-json.ts";

export interface CodeBuildOptions {
  readonly project: string;
  /** The module a build runs. */
  readonly entry: URL;
  /** Its variables: all it sees. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A CodeBuild project on this machine. */
export interface RunningCodeBuild {
  readonly endpoint: string;
  /** Builds that were started. */
  started(): number;
  /** Kills the build under way, as the end of its machine would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const StartBuild = z.object({ projectName: z.string() });

/**
 * Plays StartBuild of AWS CodeBuild (API reference, "StartBuild"; AWS JSON 1.1) for one project, whose concurrent build limit is one: another
 * build is refused with AccountLimitExceededException. A build is a process of its own.
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

  async function kill(): Promise<void> {
    if (build === undefined) return;
    const ended = once(build, "exit");
    build.kill("SIGKILL");
    await ended;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { projectName } = StartBuild.parse(JSON.parse(await readBody(request)));
    const refuse = (type: string, message: string): void =>
      sendJson(response, 400, { __type: type, message }, AWS_JSON);
    if (request.headers["x-amz-target"] !== "CodeBuild_20161006.StartBuild" || projectName !== options.project) {
      return refuse("ResourceNotFoundException", `Project cannot be found: ${projectName}`);
    }
    if (build !== undefined) return refuse("AccountLimitExceededException", "Cannot have more than 1 active builds");
    run();
    const id = `${projectName}:${randomUUID()}`;
    sendJson(response, 200, { build: { id, projectName, buildNumber: started, buildStatus: "IN_PROGRESS" } }, AWS_JSON);
  }

  const server = await startHttpServer((request, response) => answer(request, response));
  return {
    endpoint: `http://${server.host}`,
    started: () => started,
    kill,
    async close() {
      await server.close();
      await kill();
    },
  };
}
