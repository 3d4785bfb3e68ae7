import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, it } from "vitest";
import { gcloudCommands } from "../../cli/google/gcloud.ts";
import { attributeCondition } from "../../cli/google/trusted-roles.ts";
import { matchesPattern } from "../../local/events/event-pattern.ts";
import { createRequestRouter } from "../../functions/copy/route-request.ts";
import { NEVER } from "../../src/async/abort.ts";
import { NO_FACTS } from "../fixtures/fact-source.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { PUSH_PATTERN } from "../../src/contract/stack/push-pattern.ts";
import { FormatError } from "../../src/oci/errors/format-error.ts";
import { parseCopyRequest } from "../../src/replication/planning/copy-request.ts";
import { readEcrEvent } from "../../src/replication/planning/push-event.ts";
import { EXAMPLE, synthesise, WITH_KEY } from "../infra/template.ts";

const template = synthesise();
const operator = Role.fromRoleArn(new Stack(new App(), "roles"), "Operator", "arn:aws:iam::123456789012:role/operator");
const operated = synthesise(EXAMPLE, { operators: [operator] });

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Condition?: unknown;
  readonly Resource: unknown;
}

/** Policy statements of the queues whose logical ids contain `name`. */
function queueStatements(of: typeof template, name: string): Statement[] {
  return Object.entries(of.findResources("AWS::SQS::QueuePolicy"))
    .filter(([id]) => id.includes(name))
    .flatMap(([, policy]): Statement[] => policy["Properties"].PolicyDocument.Statement);
}

function denials(of: typeof template, name: string, action: string): string[] {
  return queueStatements(of, name)
    .filter(({ Effect, Action }) => Effect === "Deny" && [Action].flat().includes(action))
    .map(({ Condition }) => JSON.stringify(Condition));
}

/** Every statement of every identity policy. */
function identityStatements(): Statement[] {
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  return policies.flatMap((policy): Statement[] => policy["Properties"].PolicyDocument.Statement);
}

describe("T24: a message of another principal", () => {
  it("is refused on the live queues unless the fan-out function sends it", () => {
    for (const destination of ["europe", "asia"]) {
      const [condition = "", ...others] = denials(template, `Copies${destination}live`, "sqs:SendMessage");
      expect(others).toEqual([]);
      expect(condition).toMatch(
        /"ArnNotEquals":\{"aws:PrincipalArn":\[\{"Fn::GetAtt":\["FreightlinerFanOutRole\w+","Arn"\]\}\]\}/,
      );
      expect(condition).toContain('"Bool":{"aws:PrincipalIsAWSService":"false"}');
    }
  });

  it("is refused on the queues of dead letters and undelivered events, except from the copy function, EventBridge and Lambda", () => {
    expect(denials(template, "DeadLetters", "sqs:SendMessage")[0]).toContain("FreightlinerCopyRole");
    // Lambda stores failed events with the function's own role.
    const [condition = "", ...others] = denials(template, "UndeliveredEvents", "sqs:SendMessage");
    expect(others).toEqual([]);
    expect(condition).toContain('"Bool":{"aws:PrincipalIsAWSService":"false"}');
    expect(condition).toContain("FreightlinerFanOutRole");
    const allowed = queueStatements(template, "UndeliveredEvents").filter(({ Effect }) => Effect === "Allow");
    expect(JSON.stringify(allowed)).toContain('"aws:SourceArn":{"Fn::GetAtt":["FreightlinerPushed');
  });

  it("names the tag to compare, and neither a target nor content", () => {
    const request = { version: 1, id: "x", destination: "gar", repository: "app", reference: "v1", pushedAt: 0 };
    for (const extra of ["target", "registry", "prefix", "digest"]) {
      expect(() => parseCopyRequest({ ...request, [extra]: "evil.test/x" })).toThrow(FormatError);
    }
  });
});

describe("T25: an event of another source than ECR", () => {
  const event = {
    version: "0",
    id: "e",
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account: "123456789012",
    region: "eu-central-1",
    time: "2026-11-21T12:00:00Z",
    resources: [],
    detail: { result: "SUCCESS", "action-type": "PUSH", "repository-name": "app", "image-tag": "v1" },
  };
  const origin = { account: event.account, region: event.region };

  it("is neither matched by the rule nor accepted by the function", () => {
    expect([matchesPattern(event, PUSH_PATTERN), readEcrEvent(event, origin).kind]).toEqual([true, "pushed"]);
    const forged = { ...event, source: "my.ecr" };
    expect([matchesPattern(forged, PUSH_PATTERN), readEcrEvent(forged, origin).kind]).toEqual([false, "ignored"]);
  });

  it("of another account or region is ignored, even if a bus delivers it", () => {
    for (const change of [{ account: "999999999999" }, { region: "us-east-1" }]) {
      expect(readEcrEvent({ ...event, ...change }, origin).kind).toBe("ignored");
    }
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { source: ["aws.ecr"], account: [{ Ref: "AWS::AccountId" }] },
    });
  });
});

describe("T26: a direct invocation that names its own target", () => {
  it("writes only where the configuration sends the requested repository", async () => {
    const route = createRequestRouter({
      configuration: parseConfiguration(EXAMPLE),
      copies: { factSource: NO_FACTS },
      queue: { serves: () => true },
      runtime: { now: () => 0, random: () => 0 },
    });
    const routed = (destination: string, repository: string) => {
      const request = { version: 1, id: "x", destination, repository, reference: "v1", pushedAt: 0 };
      const delivery = { messageId: "m", body: "", receiptHandle: "r", queueArn: "q", receiveCount: 1 };
      return route(parseCopyRequest(request), delivery, NEVER);
    };
    expect(await routed("europe", "prod/app")).toMatchObject({ kind: "routed", to: "project/images/prod/app" });
    expect(await routed("europe", "base")).toMatchObject({ kind: "ended", report: { reason: "no-rule" } });
    expect(await routed("evil", "prod/app")).toMatchObject({
      kind: "ended",
      report: { reason: "unknown-destination" },
    });
  });
});

describe("T27: a compromised function", () => {
  it("has no permission to change anything in ECR", () => {
    const actions = identityStatements().flatMap(({ Action }) => [Action].flat());
    const ecr = actions.filter((action) => action.startsWith("ecr:"));
    expect(ecr.length).toBeGreaterThan(3);
    expect(ecr.filter((action) => !/^ecr:(?:Get|BatchGet|Describe)/.test(action))).toEqual([]);
  });

  it("has permissions on all resources only to get a token, to list event source mappings, to read quotas, to watch alarms during a rollout, and to trace", () => {
    const wide = identityStatements().filter(({ Resource }) => [Resource].flat().includes("*"));
    const actions = new Set(wide.flatMap(({ Action }) => [Action].flat()));
    expect([...actions].toSorted()).toEqual([
      // AppConfig's own role (AWS AppConfig user guide, "Permissions for automatic rollback").
      "cloudwatch:DescribeAlarms",
      "ecr:GetAuthorizationToken",
      "lambda:GetAccountSettings",
      "lambda:ListEventSourceMappings",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
  });
});

describe("T28: another role of the AWS account", () => {
  const roles = {
    account: "123456789012",
    names: ["freightliner-copy"],
    deleter: "freightliner-reconcile",
    readers: ["freightliner-reconcile"],
  };
  const place = {
    destination: "europe",
    projectNumber: "1",
    pool: "aws",
    provider: "aws",
    project: "p",
    location: "europe",
    repository: "images",
    serviceAccount: { email: "writer@p.iam.gserviceaccount.com", name: "writer", project: "p" },
    deletesTags: false,
  };

  it("gets no identity at Google: the condition of the provider names account and roles, not the session", () => {
    expect(attributeCondition(roles)).toBe(
      "attribute.account == '123456789012' && attribute.aws_role in ['freightliner-copy']",
    );
    const commands = gcloudCommands([place], roles);
    expect(commands).toContain("attribute.aws_role=assertion.arn.extract('assumed-role/{role}/')");
    expect(commands).toContain("/attribute.aws_role/freightliner-copy");
  });

  it("could write only to the listed repositories: the role is granted on them, not on the project", () => {
    const granted = gcloudCommands([place], roles)
      .split("\n")
      .filter((line) => line.includes("artifactregistry.writer"));
    expect(granted).toEqual([expect.stringContaining("gcloud artifacts repositories add-iam-policy-binding images ")]);
  });
});

describe("T29: a reader of templates and variables", () => {
  it.each([
    ["without a key", template],
    ["with a key", synthesise(WITH_KEY)],
  ])("finds no secret %s, at most the ARN of one", (_case, of) => {
    const text = JSON.stringify(of.toJSON());
    expect(text).not.toMatch(/PRIVATE KEY|private_key|AKIA[0-9A-Z]{16}|ya29\.|_json_key|password/i);
    expect(text).not.toMatch(/\{\{resolve:secretsmanager/);
  });
});

describe("T30: a reader of AWS's storage or of the network", () => {
  it("meets encryption of queues, table and logs with the team's key, if there is one, and TLS everywhere", () => {
    const key = Key.fromKeyArn(new Stack(new App(), "keys"), "Key", "arn:aws:kms:eu-central-1:123456789012:key/k");
    const env = { account: "123456789012", region: "eu-central-1" };
    const encrypted = synthesise(EXAMPLE, { encryptionKey: key, env });
    encrypted.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: key.keyArn });
    encrypted.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: key.keyArn });
    const policies = Object.values(encrypted.findResources("AWS::IAM::Policy"));
    const using = policies
      .map((policy): Statement[] => policy["Properties"].PolicyDocument.Statement)
      .filter((statements) => JSON.stringify(statements).includes("kms:Decrypt"));
    expect(using).toHaveLength(6);
    for (const statements of using) {
      const [denied] = statements.filter(({ Effect }) => Effect === "Deny");
      expect(denied?.Action).toContain("kms:Decrypt");
      expect(JSON.stringify(denied?.Condition)).toMatch(/StringNotEquals.*kms:ViaService.*sqs\..*dynamodb\./);
    }
    for (const name of [
      "europelive",
      "europebackfill",
      "asialive",
      "asiabackfill",
      "DeadLetters",
      "UndeliveredEvents",
    ]) {
      expect(denials(template, name, "sqs:*")).toEqual(['{"Bool":{"aws:SecureTransport":"false"}}']);
    }
  });
});

describe("T32: a compromised package", () => {
  it("runs no script when it is installed, by the bootstrap or as documented", () => {
    expect(readFileSync("bootstrap.mjs", "utf8")).toContain("--ignore-scripts");
    expect(readFileSync("docs/work/dependencies.md", "utf8")).toContain("npm ci --ignore-scripts");
  });
});

describe("T36: a colleague without the role of an operator", () => {
  it("cannot receive, delete or purge dead letters, nor send to the backfill queues, if operators are named", () => {
    for (const action of ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"]) {
      const [condition = "", ...others] = denials(operated, "DeadLetters", action);
      expect(others).toEqual([]);
      expect(condition).toContain(`"ArnNotEquals":{"aws:PrincipalArn":["${operator.roleArn}"]}`);
    }
    const [condition] = denials(operated, "Copieseuropebackfill", "sqs:SendMessage");
    expect(condition).toMatch(/FreightlinerReconcileRole\w+.*role\/operator/);
  });
});
