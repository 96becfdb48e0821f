#!/bin/sh
# Draws the pictures of what build/bench/scale has measured, beside its file:
#   bench/plot.sh bench/results/scaling.csv
# Needs gnuplot, and build/bench/compare.
set -eu
[ $# -eq 1 ] || { echo "usage: bench/plot.sh FILE.csv" >&2; exit 1; }
medians=$(mktemp)
trap 'rm -f "$medians"' EXIT
"$(dirname "$0")"/../build/bench/compare "$1" --medians > "$medians"
gnuplot -e "medians = '$medians'; directory = '$(dirname "$1")'" "$(dirname "$0")"/plot.gp
