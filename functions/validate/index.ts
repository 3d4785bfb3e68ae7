import middy from "@middy/core";
import { createChain } from "../../src/aws/chain/chain.ts";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";
import { ConfiguredEnvironment } from "../../src/contract/stack/environment.ts";
import { readDeployed } from "../../src/wiring/open-configuration.ts";
import { createHandler } from "./handler.ts";

const environment = ConfiguredEnvironment.parse(process.env);
const { observer, middlewares } = createChain("validate", environment.FREIGHTLINER_STACK, {
  isRefusal: (error) => error instanceof ConfigurationError,
});
const handle = createHandler({ deployed: await readDeployed(environment, process.env), observer });

/** Invoked by AppConfig before a deployment; an error refuses the document. */
export const handler = middy()
  .use(middlewares)
  .handler(async (event: unknown) => handle(event));
