# What the benchmark scripts share; source it. Sets `root`, `nyala` and `scratch` (removed at exit).
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
nyala="${root}/build/release/deploy/nyala"
scratch="$(mktemp -d)"
trap 'rm -rf "${scratch}"' EXIT

# build TARGET...: nyala and these, quietly.
build() { "${root}/deploy/install" && "${root}/deploy/build" release nyala "$@" </dev/null; }

# field FILE NAME: the number or word of a field of a flat (or pretty-printed) JSON file.
field() { sed -n "s/.*\"$2\": \"\{0,1\}\([^,\"}]*\).*/\1/p" "$1" | head -n 1; }

# median < NUMBERS, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
