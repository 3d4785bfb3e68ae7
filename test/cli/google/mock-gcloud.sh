#!/bin/sh
# Plays gcloud: notes each call, one word a line; knows what was created; and refuses to create what is there.
set -eu
state=$MOCK_GCLOUD_STATE
printf '%s\n' CALL "$@" >> "$state/calls"
words=
for word in "$@"; do
  case $word in
    describe | create | create-aws | update-aws) verb=$word ;;
    --location=* | --project=* | --workload-identity-pool=* | --account-id=* | --attribute-*) ;;
    *) words="$words/$word" ;;
  esac
done
thing=$state/$(printf '%s' "$words" | sed 's/@.*//' | tr '/ ' '__')
case ${verb-} in
  describe) test -e "$thing" ;;
  create | create-aws)
    test ! -e "$thing" || { echo "ALREADY_EXISTS: $words" >&2; exit 1; }
    : > "$thing"
    ;;
  update-aws) test -e "$thing" ;;
esac
