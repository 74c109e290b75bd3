#!/bin/sh
# Installs what Waltrail's tests and `waltrail dev` need from the distribution:
# Java 17 or newer, Maven, psql, git, CA certificates, time zones. What is there
# is left alone, and nothing is done, and no right needed, when all of it is.
set -eu

java_ok() {
  for java in "${ES_JAVA_HOME:-/none}/bin/java" "${JAVA_HOME:-/none}/bin/java" "$(command -v java || :)" /usr/lib/jvm/*/bin/java; do
    [ -x "$java" ] || continue
    major=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = \([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge 17 ] && return 0
  done
  return 1
}

java_package() {
  # Newer releases no longer carry 17; their default is newer and serves too.
  if apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
    echo openjdk-17-jre-headless
  else
    echo default-jre-headless
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

has go || { echo "Go 1.26 or newer not found: see https://go.dev/doc/install" >&2; exit 1; }

missing=""
java_ok || missing="$missing java"
has mvn || missing="$missing maven"
has psql || missing="$missing postgresql-client"
has git || missing="$missing git"
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || missing="$missing ca-certificates"
[ -e /usr/share/zoneinfo/Europe/Paris ] || missing="$missing tzdata"
[ -n "$missing" ] || exit 0

has apt-get || { echo "missing:$missing (java means 17 or newer). Install them with your package manager, then try again." >&2; exit 1; }

root=""
if [ "$(id -u)" -ne 0 ]; then
  has sudo || { echo "missing:$missing (java means openjdk-17-jre-headless or newer). Run as root: apt-get install, then try again." >&2; exit 1; }
  root="sudo"
fi

echo "installing with apt-get, once:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  $root env DEBIAN_FRONTEND=noninteractive "$@" >>"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; echo "failed: $*" >&2; exit 1; }
}
run apt-get update -q
packages=""
for name in $missing; do
  [ "$name" = java ] && name=$(java_package)
  packages="$packages $name"
done
# shellcheck disable=SC2086 # a list of package names
run apt-get install -q -y --no-install-recommends $packages
