#!/bin/sh
# Prints each image that the deployment is built from by what it holds: NAME=image:tag@sha256:… for .env and for
# `docker build --build-arg`. A tag can be moved to another image, a digest cannot. Needs docker with buildx, and the
# registry:
#   sh deploy/pin_images.sh >> deploy/.env
set -eu
here=$(dirname "$0")
# What compose.yaml and the Dockerfile name: ${NAME:-image:tag}, and ARG NAME=image:tag.
{
  sed -n 's/.*\${\([A-Z]*_IMAGE\):-\([^}]*\)}.*/\1 \2/p' "$here/compose.yaml"
  sed -n 's/^ARG \([A-Z]*_IMAGE\)=\(.*\)/\1 \2/p' "$here/Dockerfile"
} | sort -u | while read -r name image; do
  digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
  case $digest in
    sha256:????????????????????????????????????????????????????????????????) echo "$name=$image@$digest" ;;
    *) echo "Cannot pin $image: its digest reads \"$digest\"" >&2 && exit 1 ;;
  esac
done
