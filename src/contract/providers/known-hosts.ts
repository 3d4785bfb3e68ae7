import { DOCKER_HUB, isDockerHub } from "../../oci/names/docker-hub.ts";
import { hostPattern } from "../../oci/names/host-pattern.ts";

/** The other hosts that one registry refers its clients to. */
interface KnownRegistry {
  /** The registry's host; `*` matches within one label. */
  readonly registry: string;
  /** Token servers, download hosts, object stores; the same patterns. */
  readonly hosts: readonly string[];
  /** The document that says so. */
  readonly source: string;
}

const ECR = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html (layer bucket)";
const ACR = "https://learn.microsoft.com/azure/container-registry/container-registry-firewall-access-rules";
const GOOGLE = "https://cloud.google.com/artifact-registry/docs/transition/changes-docker";
const QUAY =
  "https://github.com/openshift/openshift-docs (modules/configuring-firewall.adoc); https://github.com/quay/quay-docs/pull/149";

/** Of all regions: the provider of ECR knows those of one region. */
const LAYER_BUCKETS = [
  "prod-*-starport-layer-bucket.s3.*.amazonaws.com",
  "prod-*-starport-layer-bucket.s3.dualstack.*.amazonaws.com",
];

/**
 * Registries that refer their clients to other hosts. A shared download host (a CDN, an object store) is safe here: content is verified
 * by its digest, and credentials are never sent to another origin.
 */
const KNOWN: readonly KnownRegistry[] = [
  {
    registry: DOCKER_HUB,
    hosts: [
      "auth.docker.io",
      "production.cloudflare.docker.com",
      "production.cloudfront.docker.com",
      "*.r2.cloudflarestorage.com",
      "docker-images-prod.*.r2.cloudflarestorage.com",
      "docker-images-prod.s3.dualstack.*.amazonaws.com",
    ],
    source:
      "https://docs.docker.com/desktop/setup/allow-list/; https://jfrog.com/help (Artifactory behind firewalls: S3 from inside AWS)",
  },
  {
    registry: "ghcr.io",
    hosts: ["pkg-containers.githubusercontent.com"],
    source: "https://docs.github.com/actions/reference/runners/self-hosted-runners (communication with GitHub)",
  },
  { registry: "quay.io", hosts: ["cdn.quay.io", "cdn*.quay.io"], source: QUAY },
  { registry: "registry.redhat.io", hosts: ["cdn.quay.io", "cdn*.quay.io"], source: QUAY },
  { registry: "registry.access.redhat.com", hosts: ["cdn.quay.io", "cdn*.quay.io"], source: QUAY },
  { registry: "*.azurecr.io", hosts: ["*.*.data.azurecr.io", "*.blob.core.windows.net"], source: ACR },
  { registry: "*.*.geo.azurecr.io", hosts: ["*.*.data.azurecr.io", "*.blob.core.windows.net"], source: ACR },
  { registry: "*.azurecr.cn", hosts: ["*.*.data.azurecr.cn", "*.blob.core.chinacloudapi.cn"], source: ACR },
  { registry: "*.azurecr.us", hosts: ["*.*.data.azurecr.us", "*.blob.core.usgovcloudapi.net"], source: ACR },
  {
    registry: "mcr.microsoft.com",
    hosts: ["*.data.mcr.microsoft.com"],
    source: "https://github.com/microsoft/containerregistry/blob/main/docs/client-firewall-rules.md",
  },
  {
    registry: "registry.gitlab.com",
    hosts: ["gitlab.com", "cdn.registry.gitlab-static.net", "storage.googleapis.com"],
    source: "https://docs.gitlab.com/user/gitlab_com/; https://gitlab.com/gitlab-org/container-registry (Google CDN)",
  },
  { registry: "*.dkr.ecr.*.amazonaws.com", hosts: LAYER_BUCKETS, source: ECR },
  { registry: "*.dkr.ecr-fips.*.amazonaws.com", hosts: LAYER_BUCKETS, source: ECR },
  { registry: "*.dkr-ecr.*.on.aws", hosts: LAYER_BUCKETS, source: ECR },
  { registry: "*.dkr-ecr-fips.*.on.aws", hosts: LAYER_BUCKETS, source: ECR },
  {
    registry: "*.dkr.ecr.*.amazonaws.com.cn",
    hosts: LAYER_BUCKETS.map((bucket) => `${bucket}.cn`),
    source: ECR,
  },
  {
    registry: "public.ecr.aws",
    hosts: ["*.cloudfront.net"],
    source: "https://docs.aws.amazon.com/AmazonECR/latest/public/public-registries.html (CloudFront)",
  },
  {
    registry: "registry.k8s.io",
    hosts: ["*-docker.pkg.dev", "prod-registry-k8s-io-*.s3.dualstack.*.amazonaws.com", "storage.googleapis.com"],
    source: "https://github.com/kubernetes/registry.k8s.io/blob/main/cmd/archeio/docs/request-handling.md",
  },
  { registry: "*-docker.pkg.dev", hosts: ["storage.googleapis.com"], source: GOOGLE },
  { registry: "gcr.io", hosts: ["storage.googleapis.com"], source: GOOGLE },
  { registry: "*.gcr.io", hosts: ["storage.googleapis.com"], source: GOOGLE },
];

/** The other hosts that a registry is known to refer its clients to; empty for a registry that is not in the table. */
export function knownHosts(registry: string): readonly string[] {
  const host = isDockerHub(registry) ? DOCKER_HUB : registry.toLowerCase();
  return KNOWN.flatMap((known) => (hostPattern(known.registry).test(host) ? known.hosts : []));
}
