import * as z from "zod";

/** Of ListTagsForResource, TagResource and UntagResource (ECR API reference). */
const TagCall = z.object({
  resourceArn: z.string().regex(/^arn:aws:ecr:[a-z0-9-]+:\d{12}:repository\/.+$/),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
  tagKeys: z.array(z.string()).default([]),
});

/** The tags of repositories, in memory. */
export type RepositoryTags = Map<string, ReadonlyMap<string, string>>;

/** What an action on tags answers; undefined for a malformed ARN. */
export function actOnTags(action: string, body: string, all: RepositoryTags) {
  const call = TagCall.safeParse(JSON.parse(body)).data;
  if (call === undefined) return undefined;
  const repository = call.resourceArn.replace(/^.*?:repository\//, "");
  const before = all.get(repository) ?? new Map<string, string>();
  const after = [...before]
    .filter(([key]) => !call.tagKeys.includes(key))
    .concat(call.tags.map(({ Key, Value }) => [Key, Value]));
  if (action !== "ListTagsForResource") all.set(repository, new Map(after));
  const tags = [...before].map(([Key, Value]) => ({ Key, Value }));
  return { repository, answer: action === "ListTagsForResource" ? { tags } : {} };
}
