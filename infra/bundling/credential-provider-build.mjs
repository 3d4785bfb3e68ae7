// The AWS SDK's credentials in a CodeBuild build: from the container endpoint in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (AWS SDKs and
// tools reference guide, "Container credential provider"). They are renewed before they expire. An ES module, as the other one.
import { fromHttp } from "@aws-sdk/credential-provider-http";

export const defaultProvider = (init) => fromHttp(init);
