import { QueryDefinition, QueryString } from "aws-cdk-lib/aws-logs";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Deployment } from "../../src/contract/stack/names.ts";

/** Saved queries of Logs Insights. The runbook refers to their names. */
const QUERIES = {
  "What became of an image": {
    fields: ["@timestamp", "message", "outcome", "reason", "digest", "lagMs", "error"],
    filterStatements: ['repository = "team/app" and reference = "v1"'],
    sort: "@timestamp desc",
    limit: 200,
  },
  "One push from event to receipt": {
    fields: ["@timestamp", "service", "message", "outcome", "destination", "reason", "error"],
    filterStatements: ['correlationId = "put the correlation id here"'],
    sort: "@timestamp asc",
    limit: 200,
  },
  "Why copies fail or wait": {
    filterStatements: ['outcome in ["failed", "deferred"]'],
    statsStatements: ["count(*) as deliveries by destination, outcome, reason"],
    sort: "deliveries desc",
    limit: 100,
  },
  "The slowest replications": {
    fields: ["@timestamp", "repository", "reference", "lagMs", "bytesUploaded", "blobsUploaded"],
    filterStatements: ['outcome = "replicated"'],
    sort: "lagMs desc",
    limit: 50,
  },
} as const;

export function createQueries(scope: Construct, logGroups: readonly ILogGroup[], deployment: Deployment): void {
  for (const [name, { fields, filterStatements, sort, limit, ...rest }] of Object.entries<QueryParts>(QUERIES)) {
    new QueryDefinition(scope, `Query-${name.replaceAll(" ", "")}`, {
      queryDefinitionName: `${resourceName("query", "queries", deployment)}/${name}`,
      logGroups: [...logGroups],
      queryString: new QueryString({
        ...(fields === undefined ? {} : { fields: [...fields] }),
        filterStatements: [...filterStatements],
        ...(rest.statsStatements === undefined ? {} : { statsStatements: [...rest.statsStatements] }),
        sort,
        limit,
      }),
    });
  }
}

interface QueryParts {
  readonly fields?: readonly string[];
  readonly filterStatements: readonly string[];
  readonly statsStatements?: readonly string[];
  readonly sort: string;
  readonly limit: number;
}
