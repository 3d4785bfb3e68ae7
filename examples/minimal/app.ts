import { App, Stack } from "aws-cdk-lib";
import { Freightliner } from "../../infra/freightliner.ts";

// The smallest app: the construct in your own stack. All pushed images go to one destination.
//
//   npx cdk synth --app "node examples/minimal/app.ts"

const app = new App();
const stack = new Stack(app, "images");

new Freightliner(stack, "Freightliner", {
  configuration: {
    version: 1,
    source: { account: "123456789012", region: "eu-central-1" },
    destinations: [
      {
        name: "europe",
        kind: "artifactRegistry",
        registry: "europe-west3-docker.pkg.dev",
        prefix: "my-project/images",
        federation: {
          audience:
            "//iam.googleapis.com/projects/1234567890/locations/global/workloadIdentityPools/from-aws/providers/freightliner",
          serviceAccount: "freightliner@my-project.iam.gserviceaccount.com",
        },
      },
    ],
    rules: [{ repositories: ["**"], destinations: ["europe"] }],
  },
});
