import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const HARBOR = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:harbor-AbCdEf";
const QUAY = "arn:aws:secretsmanager:us-east-1:123456789012:secret:quay-AbCdEf";
const CHINA = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:quay-AbCdEf";
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/** Policy statements that name Secrets Manager, by the role they belong to. */
function statementsOf(logins: readonly object[]): Record<string, unknown[]> {
  const destinations = logins.map((login, index) => {
    const place = { name: `d${index}`, kind: "generic", registry: `r${index}.example`, prefix: "mirror" };
    return { ...place, ...login };
  });
  const rules = [{ repositories: ["app"], destinations: destinations.map(({ name }) => name) }];
  const policies = synthesise({ ...EXAMPLE, destinations, rules }).findResources("AWS::IAM::Policy");
  return Object.fromEntries(
    Object.entries(policies).flatMap(([id, { Properties }]) => {
      const statements: { Action: unknown; Effect: unknown; Resource: unknown; Condition?: unknown }[] =
        Properties.PolicyDocument.Statement;
      const own = statements.filter((each) => /secretsmanager|kms:/.test(JSON.stringify(each)));
      return own.length === 0 ? [] : [[String(/Freightliner([A-Za-z]+?)Role/.exec(id)?.[1]), own]];
    }),
  );
}

describe("the secrets of destinations", () => {
  it("can be read by exactly the functions that access destinations", () => {
    const reading = statementsOf([{ loginSecret: HARBOR }, { loginSecret: QUAY }, {}]);
    expect(Object.keys(reading).toSorted()).toEqual(["Copy", "LongLane", "Probe", "Reconcile"]);
    for (const statements of Object.values(reading)) {
      expect(statements).toEqual([
        { Action: "secretsmanager:GetSecretValue", Effect: "Allow", Resource: [HARBOR, QUAY] },
      ]);
    }
  });

  it("can be decrypted with their own key, only through Secrets Manager and only for these secrets", () => {
    const reading = statementsOf([{ loginSecret: HARBOR, secretEncryptionKey: KEY }, { loginSecret: QUAY }]);
    for (const statements of Object.values(reading)) {
      expect(statements[1]).toEqual({
        Action: "kms:Decrypt",
        Effect: "Allow",
        Resource: KEY,
        Condition: {
          StringEquals: {
            "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
            "kms:EncryptionContext:SecretARN": [HARBOR],
          },
        },
      });
      expect(statements).toHaveLength(2);
    }
  });

  it("are in the region and partition of their ARNs", () => {
    const [statements = []] = Object.values(statementsOf([{ loginSecret: CHINA, secretEncryptionKey: KEY }]));
    expect(JSON.stringify(statements)).toContain('"kms:ViaService":["secretsmanager.cn-north-1.amazonaws.com.cn"]');
  });

  it("are in no policy when no destination has one", () => {
    expect(statementsOf([{}])).toEqual({});
  });
});
