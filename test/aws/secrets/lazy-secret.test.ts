import { afterEach, describe, expect, it, vi } from "vitest";
import { NEVER } from "../../../src/async/abort.ts";
import { startSecretsManager } from "../../../local/emulators/secrets-manager.ts";
import { TEST_KEY } from "../../../local/access/access-key.ts";
import { lazySecret } from "../../../src/aws/secrets/lazy-secret.ts";
import { createTracing } from "../../../src/tracing/otlp-tracing.ts";
import { traceparentOf } from "../../../src/contract/telemetry/traceparent.ts";
import { startOtlpReceiver } from "../../fixtures/servers/otlp-receiver.ts";
import { createObserved } from "../../functions/observer.ts";

const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:headers-AbCdEf";

describe("a secret that few processes read", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("gives the headers of each request to a collector of traces, and is in no variable", async () => {
    const secrets = await startSecretsManager(new Map([[ARN, " x-key=from%20a%20secret,x-more=1\n"]]));
    await using _secrets = { [Symbol.asyncDispose]: () => secrets.close() };
    await using receiver = await startOtlpReceiver();
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://${secrets.host}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", TEST_KEY);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_OTLP_HEADERS: "x-other=2" };
    const tracing = createTracing({
      service: "copy",
      variables,
      readHeaders: lazySecret(ARN),
      observer: createObserved(),
    });
    tracing?.tracer.within(traceparentOf("e1"))?.start("copy").end();
    expect(await tracing?.flush()).toBeUndefined();
    expect(receiver.requests[0]).toMatchObject({ "x-key": "from a secret", "x-more": "1", "x-other": "2" });
  });

  it("is not there without an ARN, and says which error it ends with", async () => {
    expect(lazySecret(undefined)).toBeUndefined();
    const secrets = await startSecretsManager(new Map());
    await using _secrets = { [Symbol.asyncDispose]: () => secrets.close() };
    vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://${secrets.host}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", TEST_KEY);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    await expect(lazySecret(ARN)?.(NEVER)).rejects.toThrow("can't find the specified secret");
  });
});
