#!/bin/sh
# Draws the pictures of what build/lab/scale has measured, beside its file:
#   lab/bench/plot.sh lab/bench/results/scaling.csv
# Needs gnuplot, and build/lab/compare.
set -eu
[ $# -eq 1 ] || { echo "usage: lab/bench/plot.sh FILE.csv" >&2; exit 1; }
medians=$(mktemp)
trap 'rm -f "$medians"' EXIT
"$(dirname "$0")"/../../build/lab/compare "$1" --medians > "$medians"
gnuplot -e "medians = '$medians'; directory = '$(dirname "$1")'" "$(dirname "$0")"/plot.gp
