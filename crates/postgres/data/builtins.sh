#!/usr/bin/env bash
# Regenerates builtins.txt: builtins.sh URL... (one server per major version, without a database name, oldest first)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for url in "$@"; do
  psql -qX "$url/postgres" -c 'DROP DATABASE IF EXISTS driftless_builtins' -c 'CREATE DATABASE driftless_builtins'
  # Those that change nothing in expressions stay out.
  for name in citext hstore pg_trgm uuid-ossp pgcrypto ltree cube earthdistance intarray fuzzystrmatch unaccent \
      btree_gin btree_gist isn seg tablefunc lo; do
    psql -qX "$url/driftless_builtins" -c "CREATE EXTENSION IF NOT EXISTS \"$name\" CASCADE" 2>/dev/null || true
  done
  psql -qX "$url/driftless_builtins" -f "$here/builtins.sql" | grep -v '^$' >>"$out"
  psql -qX "$url/postgres" -c 'DROP DATABASE driftless_builtins'
done
# Operator classes' support functions are never written by people.
LC_ALL=C sort -u "$out" | grep -vE '^F\|(btree_gist|btree_gin)\|' >"$here/builtins.txt"
