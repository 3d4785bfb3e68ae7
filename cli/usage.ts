export const USAGE = `freightliner - replicates container images

Usage:
  freightliner copy SOURCE TARGET [options]    copy one image between two registries
  freightliner status [options]                show tags, lag, circuits and queues of a deployed stack
  freightliner watch [options]                 show what is being copied, and how far it has come, until interrupted
  freightliner redrive [options]               show dead letters by class, and bring them back
  freightliner google-setup --config FILE      print what has to be set up at Google, as gcloud commands or Terraform
  freightliner cost [options]                  estimate what a month costs
  freightliner help                            show this

SOURCE and TARGET are registry/repository:tag or registry/repository@sha256:...
TARGET without a tag takes the source's.

Options of copy:
  --platform OS/ARCH[/VARIANT]   copy only this platform of a multi-platform image
  --dry-run                      show what would be sent, write nothing
  --no-referrers                 leave signatures, SBOMs and attestations behind
  --jobs N                       blobs sent at once, at most (default 64)
  --allow-host HOST              let a registry redirect to this host (repeatable; * stands within one label)

Options of status:
  --stack NAME                   the stack (default freightliner), in AWS_REGION, with the usual AWS credentials
  --local URL                    the stack of npm start, at the address it shows
  --tag DESTINATION/REPO:TAG     one tag: what is known of it, and how its last requests ended
  --json                         everything, for scripts

Options of watch: --stack, --local, --json (one line a look) as above, and
  --every SECONDS                from one look to the next (default 5); each reads the whole table

Options of redrive: --stack, --local, --json as above, and
  --class CLASS                  only letters of this class (repeatable): message, configuration, image, source, target,
                                 size, unknown, undelivered
  --reason REASON                only letters with this reason (repeatable)
  --repository GLOB              only letters about these repositories (repeatable)
  --go                           bring them back; without it, nothing is changed

Options of google-setup:
  --config FILE                  the configuration, YAML or JSON
  --stack NAME                   the stack whose roles are trusted (default freightliner)
  --format FORMAT                gcloud (default) or terraform

Options of cost:
  --images N                     images pushed in a month (default 1000)
  --megabytes N                  size of an image in MB of 10^6 bytes (default 500)
  --overlap N                    share of an image that the destination has already, 0 to 1 (default 0.8)
  --blobs N                      blobs of an image (default 10)
  --destinations N               destinations each image goes to (default 1)

Credentials for registries come from the Docker configuration (DOCKER_CONFIG, ~/.docker/config.json) or the file named by
REGISTRY_AUTH_FILE, credential helpers included. Loopback registries are reached over plain HTTP, all others over HTTPS.

Exit codes: 0 copied or already there, 1 failed, 2 wrong usage, 3 no such image at the source, 130 interrupted.
`;
