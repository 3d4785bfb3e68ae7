import { createObserver } from "../../src/aws/observer.ts";
import { ConfiguredEnvironment } from "../../src/contract/stack/environment.ts";
import { readDeployed } from "../../src/wiring/open-configuration.ts";
import { createHandler } from "./handler.ts";

const environment = ConfiguredEnvironment.parse(process.env);
const { observer } = createObserver("validate", environment.FREIGHTLINER_STACK);
const handle = createHandler({ deployed: await readDeployed(environment, process.env), observer });

/** Invoked by AppConfig before a deployment; an error refuses the document. */
export const handler = async (event: unknown): Promise<unknown> => handle(event);
