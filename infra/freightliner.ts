import { Aws, Stack } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IRole } from "aws-cdk-lib/aws-iam";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { parseConfigurationText } from "../src/contract/configuration.ts";
import type { CopyEnvironment, CopyQueue, FanOutEnvironment } from "../src/contract/environment.ts";
import { createCopyFunction } from "./copy-function.ts";
import { createCopyQueues } from "./copy-queues.ts";
import { createFanOutFunction } from "./fan-out-function.ts";
import { createPushRule } from "./push-rule.ts";
import { createStateTable } from "./state-table.ts";

export interface FreightlinerProps {
  /** The configuration as JSON text; what is wrong with it fails the synthesis, by field. */
  readonly configuration: string;
}

/** Lambda takes 4 KB of variables in all; what the stack itself adds stays below this many bytes. */
const CONFIGURATION_MAX_BYTES = 2_500;

/** All of Freightliner, for any stack: rule -> fan-out -> queues -> copy, and the table between them. */
export class Freightliner extends Construct {
  /** The role the copy function runs as; the one to trust on Google's side. */
  readonly copyRole: IRole;
  readonly table: TableV2;
  /** Where copies go that can never succeed. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: FreightlinerProps) {
    super(scope, id);
    const configuration = parseConfigurationText(props.configuration);
    const text = JSON.stringify(JSON.parse(props.configuration));
    if (Buffer.byteLength(text) > CONFIGURATION_MAX_BYTES) {
      const problem = `the configuration has ${Buffer.byteLength(text)} bytes, and Lambda's variables hold ${CONFIGURATION_MAX_BYTES} of it`;
      throw new Error(`${problem}; join rules with globs, or deploy several stacks`);
    }
    this.table = createStateTable(this);
    const { queues, deadLetters } = createCopyQueues(this, configuration.destinations);
    this.deadLetters = deadLetters;
    const described: CopyQueue[] = queues.map(({ destination, priority, queue }) => ({
      destination,
      priority,
      arn: queue.queueArn,
      url: queue.queueUrl,
    }));
    const common = {
      FREIGHTLINER_CONFIGURATION: text,
      FREIGHTLINER_QUEUES: Stack.of(this).toJsonString(described),
    } satisfies FanOutEnvironment;
    const fanOut = createFanOutFunction(this, common);
    const copy = createCopyFunction(this, {
      environment: {
        ...common,
        FREIGHTLINER_TABLE: this.table.tableName,
        FREIGHTLINER_DEAD_LETTERS: deadLetters.queueUrl,
      } satisfies CopyEnvironment,
      queues: queues.map(({ queue }) => queue),
      source: configuration.source,
      repositories: configuration.rules.flatMap(({ repositories }) => repositories),
    });
    for (const { queue, priority } of queues) if (priority === "live") queue.grantSendMessages(fanOut);
    this.table.grant(copy, "dynamodb:GetItem", "dynamodb:PutItem");
    deadLetters.grantSendMessages(copy);
    createPushRule(this, { fanOut, account: Aws.ACCOUNT_ID });
    if (copy.role === undefined) throw new Error("the copy function has no role");
    this.copyRole = copy.role;
  }
}
