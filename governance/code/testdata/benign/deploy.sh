#!/usr/bin/env bash
# Deploys; never rm -rf / here.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
curl -fsSL -o "$tmp/app.tgz" "https://example.org/app-$1.tgz"
echo "$2  $tmp/app.tgz" | sha256sum -c -
tar -xzf "$tmp/app.tgz" -C /opt/app
chmod 755 /opt/app/bin/app
systemctl reload app
