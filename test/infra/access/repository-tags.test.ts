import { describe, expect, it } from "vitest";
import { EXAMPLE, synthesise } from "../template.ts";

const policies = (repositoryTags?: boolean): string => {
  const source = { ...EXAMPLE.source, ...(repositoryTags === undefined ? {} : { repositoryTags }) };
  return JSON.stringify(synthesise({ ...EXAMPLE, source }).findResources("AWS::IAM::Policy"));
};

describe("the permission to read the tags of repositories", () => {
  it("exists where the configuration obeys them, for copies, builds and comparisons, and nowhere else", () => {
    expect(policies().match(/ecr:ListTagsForResource/g)).toBeNull();
    expect(policies(true).match(/ecr:ListTagsForResource/g)).toHaveLength(3);
  });
});
