# Of the FMA roof on one core, by the clock measured inside its bursts, over the nearest even integer.
source "$checks_at/common.inc"
title="FLOP per cycle and lane / whole pipes" low=0.97 high=1.04
ours() {
  rm -rf "$scratch/run"
  "$build/assay" probe compute.peak_flops --profile quick --output "$scratch/run" >/dev/null 2>&1
  awk -F, -v isa="$(highway_isa)" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["metric"] == "flops_per_cycle" && $at["operation"] == "fma" && $at["dtype"] == "f64" &&
    $at["isa"] == isa && $at["threads"] == 1 { print $at["median"] }' "$scratch/run/measurements.csv" | tee "$scratch/last"
}
theirs() {  # after ours, or before the first of them: the pipes do not change
  [[ -s $scratch/last ]] || ours >/dev/null
  awk '{ pipes = int($1 / 2 + 0.5); print 2 * (pipes < 1 ? 1 : pipes) }' "$scratch/last"
}
