import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { ConfiguredEnvironment, CopyEnvironment, FanOutEnvironment } from "../../src/contract/stack/environment.ts";
import { ProbeEnvironment, ReconcileEnvironment } from "../../src/contract/stack/environment.ts";
import { ENDS_PUSHES, RECORDS_OF, RECORDS_READ_BY } from "../../src/contract/stack/record-owners.ts";
import { COPY_TIMEOUT_SECONDS, LONG_VISIBILITY_SECONDS } from "../../src/contract/stack/limits.ts";
import { EXAMPLE, KEY_SECRET, synthesise, WITH_KEY } from "./template.ts";

const template = synthesise();

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}
/** Every statement of every identity policy, as `action` on the kind of thing it names. */
function grants(): string[] {
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  const statements = policies.flatMap((policy): Statement[] => policy["Properties"].PolicyDocument.Statement);
  return statements.flatMap(({ Action, Resource }) =>
    [Action].flat().map((action) => `${action} on ${nameOf(Resource)}`),
  );
}

function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  if (text === '"*"') return "*";
  if (text.includes(":ecr:")) return "the rules' repositories";
  return /Freightliner([A-Za-z]+?)[0-9A-F]{8}/.exec(text)?.[1] ?? text;
}

describe("the rule", () => {
  it("matches successful pushes of images and referrers in its own account", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.ecr"],
        account: [{ Ref: "AWS::AccountId" }],
        "detail-type": [
          "ECR Image Action",
          "ECR Referrer Action",
          "ECR Replication Action",
          "ECR Pull Through Cache Action",
        ],
        detail: {
          $or: [{ "action-type": ["PUSH", "REPLICATE"], result: ["SUCCESS"] }, { "sync-status": ["SUCCESS"] }],
        },
      },
    });
  });

  it("P32: retries the delivery of an event to Lambda for a day, and keeps events that Lambda did not accept", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      Targets: [
        {
          Arn: Match.anyValue(),
          DeadLetterConfig: { Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("UndeliveredEvents"), "Arn"] } },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        },
      ],
    });
  });

  it("P32: keeps an event for which the function failed, after Lambda's own retries", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: Match.stringLikeRegexp("FanOut") },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: {
        OnFailure: { Destination: { "Fn::GetAtt": [Match.stringLikeRegexp("UndeliveredEvents"), "Arn"] } },
      },
    });
  });

  it("lets only EventBridge, and only this rule, invoke the fan-out function", () => {
    template.hasResourceProperties("AWS::Lambda::Permission", {
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
      SourceArn: { "Fn::GetAtt": [Match.stringLikeRegexp("Pushed"), "Arn"] },
    });
  });
});

describe("the queues of the stack", () => {
  it("S04: are a live, a backfill and a long queue for each destination, with one dead-letter queue", () => {
    const queues = Object.entries(template.findResources("AWS::SQS::Queue"));
    const copies = queues.filter(([id]) => id.includes("Copies"));
    expect(copies).toHaveLength(3 * EXAMPLE.destinations.length);
    expect(queues).toHaveLength(copies.length + 3);
    const isLong = ([id]: readonly [string, unknown]): boolean => id.includes("long");
    // Read by a build, which renews it.
    const hidden = copies.filter(isLong).map(([, { Properties }]) => Number(Properties.VisibilityTimeout));
    expect(hidden).toEqual(EXAMPLE.destinations.map(() => LONG_VISIBILITY_SECONDS));
    for (const [, { Properties }] of copies.filter((queue) => !isLong(queue))) {
      // Lambda takes no less than the function's time; more would hide the message of a killed copy for longer.
      expect(Properties.VisibilityTimeout).toBeGreaterThanOrEqual(COPY_TIMEOUT_SECONDS);
      expect(Properties.VisibilityTimeout).toBeLessThanOrEqual(COPY_TIMEOUT_SECONDS + 60);
      expect(Properties.RedrivePolicy.maxReceiveCount).toBe(1_000);
      expect(JSON.stringify(Properties.RedrivePolicy.deadLetterTargetArn)).toContain("DeadLetters");
    }
  });

  it("are encrypted, keep messages for 14 days, and refuse requests without TLS", () => {
    template.allResourcesProperties("AWS::SQS::Queue", {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
    const queues = Object.keys(template.findResources("AWS::SQS::Queue"));
    const policies = Object.values(template.findResources("AWS::SQS::QueuePolicy"));
    expect(policies).toHaveLength(queues.length);
    for (const { Properties } of policies) {
      expect(JSON.stringify(Properties.PolicyDocument.Statement)).toContain('"Bool":{"aws:SecureTransport":"false"}');
    }
  });

  it("deliver one message at a time to the copy function, with partial batch responses and bounded concurrency", () => {
    template.resourceCountIs("AWS::Lambda::EventSourceMapping", 2 * EXAMPLE.destinations.length + 1);
    template.allResourcesProperties("AWS::Lambda::EventSourceMapping", {
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: Match.anyValue() },
    });
    const all = Object.values(template.findResources("AWS::Lambda::EventSourceMapping"));
    const mappings = all.filter(({ Properties }) => Properties.BatchSize === 1);
    const concurrency = mappings.map(({ Properties }) => [
      JSON.stringify(Properties.EventSourceArn).includes("live") ? "live" : "backfill",
      Properties.ScalingConfig.MaximumConcurrency,
    ]);
    expect(concurrency.map(String).toSorted()).toEqual(["backfill,10", "backfill,10", "live,50", "live,50"]);
  });
});

describe("the functions", () => {
  it("run on Node 24 and arm64 with JSON logs that are kept for a month", () => {
    template.resourceCountIs("AWS::Lambda::Function", 6);
    template.allResourcesProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      LoggingConfig: { LogFormat: "JSON", LogGroup: Match.anyValue() },
    });
    template.resourceCountIs("AWS::Logs::LogGroup", 7);
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 });
  });

  it("have exactly the variables that they parse", () => {
    const local = [
      "FREIGHTLINER_FLAGS",
      "FREIGHTLINER_GOOGLE_ENDPOINTS",
      "FREIGHTLINER_LEASE_SECONDS",
      "FREIGHTLINER_LONG_VISIBILITY_SECONDS",
      "FREIGHTLINER_QUEUES_URL",
      "FREIGHTLINER_TRACE_HEADERS_SECRET",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    ];
    const expected = {
      "fan-out": FanOutEnvironment,
      copy: CopyEnvironment,
      probe: ProbeEnvironment,
      reconcile: ReconcileEnvironment,
      validate: ConfiguredEnvironment,
    };
    for (const [name, { shape }] of Object.entries(expected)) {
      const variables = [...Object.keys(shape).filter((variable) => !local.includes(variable)), "NODE_OPTIONS"];
      const [found] = Object.values(
        template.findResources("AWS::Lambda::Function", {
          Properties: { FunctionName: `freightliner-${name}-eu-central-1` },
        }),
      );
      expect(Object.keys(found?.["Properties"].Environment.Variables).toSorted()).toEqual(variables.toSorted());
    }
  });

  it("are not retried by Lambda when a schedule invokes them: their next invocation comes soon", () => {
    for (const name of ["Probe", "Reconcile"]) {
      template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
        FunctionName: { Ref: Match.stringLikeRegexp(name) },
        MaximumRetryAttempts: 0,
      });
    }
    template.resourceCountIs("AWS::Lambda::EventInvokeConfig", 3);
  });

  it("have roles with short names, so that Google's subject fits into 127 bytes", () => {
    for (const name of ["copy", "fan-out", "probe", "reconcile"]) {
      template.hasResourceProperties("AWS::IAM::Role", { RoleName: `freightliner-${name}-eu-central-1` });
    }
  });
});

describe("the table", () => {
  it("is on demand, has point-in-time recovery, is retained, and expires items by expiresAt", () => {
    template.hasResource("AWS::DynamoDB::GlobalTable", {
      DeletionPolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
  });
});

describe("permissions", () => {
  it("are exactly these", () => {
    const queue = [
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ];
    const allowed = [
      /^logs:(?:CreateLogStream|PutLogEvents) on (?:FanOut|Copy|LongLane|Probe|Reconcile|Validate|Announce)Logs/,
      /^sqs:SendMessage on (?:Copies\w+(?:live|backfill|long)|DeadLetters|Announcements)/,
      new RegExp(`^(?:${queue.join("|")}) on (?:Copies|Announcements)`),
      /^events:PutEvents on .*event-bus\/default/,
      // What Lambda does with an event that the function failed at, as the function.
      /^sqs:(?:SendMessage|GetQueueAttributes|GetQueueUrl) on UndeliveredEvents/,
      /^dynamodb:(?:GetItem|PutItem|Query|UpdateItem|DeleteItem) on State/,
      /^ecr:(?:BatchGetImage|GetDownloadUrlForLayer) on the rules' repositories$/,
      /^ecr:GetAuthorizationToken on \*$/,
      /^appconfig:(?:StartConfigurationSession|GetLatestConfiguration) on External|^cloudwatch:DescribeAlarms on \*$/,
      // X-Ray has no resources to name (Service Authorization Reference).
      /^xray:(?:PutTraceSegments|PutTelemetryRecords) on \*$/,
      /^ecr:Describe(?:Images|Repositories) on the rules' repositories$/,
      /^lambda:UpdateEventSourceMapping on Copy/,
      // Listing mappings has no resources to name either, nor has the account's quota.
      /^lambda:(?:ListEventSourceMappings|GetAccountSettings) on \*$/,
      /^lambda:InvokeFunction on (?:Probe|Reconcile)/,
      /^codebuild:StartBuild on LongLane/,
      // The build's own code, and nothing else of the bucket.
      /^s3:GetObject(?:Version)? on .*\.zip/,
    ];
    const found = grants();
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter((grant) => !allowed.some((pattern) => pattern.test(grant)))).toEqual([]);
  });

  it("allow a function to read and write only its own records of the table", () => {
    for (const name of ["fan-out", "copy", "probe", "reconcile"] as const) {
      const [role] = Object.entries(template.findResources("AWS::IAM::Policy")).filter(([id]) =>
        id.toLowerCase().startsWith(`freightliner${name.replace("-", "")}role`),
      );
      const statements: (Statement & { readonly Condition?: unknown })[] =
        role?.[1]["Properties"].PolicyDocument.Statement;
      const onTable = statements.filter(({ Action }) => JSON.stringify(Action).includes("dynamodb:"));
      // The undo of a deletion queries the receipts of a tag.
      const queried = ENDS_PUSHES.includes(name) ? [["PENDING#*"]] : name === "reconcile" ? [["TAG#*"]] : [];
      const owned = [RECORDS_OF[name], ...(RECORDS_READ_BY[name] === undefined ? [] : [RECORDS_READ_BY[name]])];
      const keys = [...owned.map((kinds) => kinds.map((kind) => `${kind}#*`)), ...queried];
      expect(onTable.map(({ Condition }) => Condition)).toEqual(
        keys.map((leading) => ({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": leading } })),
      );
    }
    expect(RECORDS_OF.probe).not.toContain("TAG");
    expect(Object.entries(RECORDS_OF).filter(([, kinds]) => kinds.includes("NOTICE"))).toHaveLength(1);
  });

  it("allow pulls only from the rules' repositories; only the list of repositories covers the whole registry", () => {
    const policies = Object.values(template.findResources("AWS::IAM::Policy"));
    const statements = policies.flatMap((policy): Statement[] => policy["Properties"].PolicyDocument.Statement);
    const onRepositories = statements.filter(({ Resource }) => JSON.stringify(Resource).includes(":ecr:"));
    for (const { Action, Resource } of onRepositories) {
      const found = [...JSON.stringify(Resource).matchAll(/:ecr:eu-central-1:123456789012:repository\/([^"]*)"/g)];
      const expected = Action === "ecr:DescribeRepositories" ? ["*"] : ["base", "prod", "prod/*", "tools/*"];
      expect(new Set(found.map(([, pattern]) => pattern))).toEqual(new Set(expected));
    }
    expect(onRepositories).toHaveLength(5);
  });
});

describe("a destination with a key", () => {
  it("allows the functions that access it to read exactly its secret; the template contains nothing of the key", () => {
    const found = synthesise(WITH_KEY).findResources("AWS::IAM::Policy");
    const reading = Object.entries(found).filter(([, policy]) => JSON.stringify(policy).includes("secretsmanager"));
    const roles = reading.map(([id]) => String(/Freightliner([A-Za-z]+?)Role/.exec(id)?.[1]));
    expect(roles.toSorted()).toEqual(["Copy", "LongLane", "Probe", "Reconcile"]);
    for (const [, { Properties }] of reading) {
      expect(Properties.PolicyDocument.Statement).toContainEqual({
        Action: "secretsmanager:GetSecretValue",
        Effect: "Allow",
        Resource: KEY_SECRET,
      });
    }
  });
});

describe("a wrong configuration", () => {
  it("fails the synthesis and names the field", () => {
    const wrong = { ...EXAMPLE, rules: [{ repositories: ["a"], destinations: ["nowhere"] }] };
    expect(() => synthesise(wrong)).toThrow(/rules\[0\]\.destinations: "nowhere" is not a destination/);
  });
});
