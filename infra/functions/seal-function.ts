import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { RemovalPolicy } from "aws-cdk-lib";
import type { Configuration } from "../../src/contract/configuration/configuration.ts";
import type { SealEnvironment } from "../../src/contract/stack/environment.ts";
import { SEAL_RATE_MINUTES, SEAL_TIMEOUT_SECONDS } from "../../src/contract/stack/limits.ts";
import { stackPartsOf } from "../../src/contract/stack/stack-parts.ts";
import { allowKeyForRoles } from "../access/kms-access.ts";
import { roleOf } from "../access/role-of.ts";
import { allowSealing } from "../access/seal-access.ts";
import type { DeployedSettings } from "../settings/settings.ts";
import { createNodeFunction } from "./node-function.ts";
import { everyMinutes } from "./schedules.ts";
import type { Schedules } from "./schedules.ts";

export interface SealFunctionProps {
  readonly configuration: Configuration;
  readonly table: TableV2;
  readonly schedules: Schedules;
  readonly settings: DeployedSettings;
}

/** The function, and the key by which it signs. */
export interface Sealing {
  readonly seal: LambdaFunction;
  readonly receiptKey: IKey;
}

/** Chains and signs receipts, with a key that outlives the stack: without it, nothing that was exported could be verified by a new copy of the key. */
export function createSealFunction(
  scope: Construct,
  { configuration, table, schedules, settings }: SealFunctionProps,
): Sealing {
  const key = new Key(scope, "ReceiptKey", {
    description: `Signs the receipts of ${settings.deployment.stack}`,
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const seal = createNodeFunction(scope, "Seal", {
    name: "seal",
    environment: {
      FREIGHTLINER_STACK: settings.deployment.stack,
      FREIGHTLINER_PARTS: JSON.stringify(stackPartsOf(configuration)),
      FREIGHTLINER_TABLE: table.tableName,
      FREIGHTLINER_RECEIPT_KEY: key.keyArn,
    } satisfies SealEnvironment,
    memoryMegabytes: 512,
    timeoutSeconds: SEAL_TIMEOUT_SECONDS,
    // The next scheduled call comes soon.
    asynchronous: { retries: 0, maxAgeSeconds: SEAL_RATE_MINUTES * 60 },
    settings,
  });
  const role = roleOf(seal);
  allowSealing(role, table, key);
  if (settings.encryptionKey !== undefined) allowKeyForRoles([role], settings.encryptionKey);
  schedules.add({
    name: "seal",
    description: "Chains and signs receipts",
    expression: everyMinutes(SEAL_RATE_MINUTES),
    target: seal,
    retries: 0,
  });
  return { seal, receiptKey: key };
}
