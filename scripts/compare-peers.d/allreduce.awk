# The table of scripts/compare-peers.d/allreduce, from one measurements.csv per pair.
function sort(list, n,   i, j, t) {
  for (i = 2; i <= n; ++i) { t = list[i]; for (j = i - 1; j > 0 && list[j] > t; --j) list[j + 1] = list[j]; list[j + 1] = t }
}
function middle(list, n) { return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
# Median over the pairs of what was measured there; "" when never.
function median_of(lane, size, name,   list, n, k) {
  n = 0
  for (k = 1; k <= pairs; ++k) if ((lane, size, name, k) in time) list[++n] = time[lane, size, name, k]
  if (n == 0) return ""
  sort(list, n)
  return middle(list, n)
}
# Sets ratio, from, to.
function compare(lane, size, name, other,   list, n, k, tail, term) {
  n = 0; ratio = ""
  for (k = 1; k <= pairs; ++k)
    if ((lane, size, name, k) in time && (lane, size, other, k) in time)
      list[++n] = time[lane, size, name, k] / time[lane, size, other, k]
  if (n == 0) return
  sort(list, n)
  ratio = middle(list, n)
  # The largest k with P(fewer than k of n lie below the median) <= 2.5 %.
  tail = term = 0.5 ^ n; k = 0
  while (tail <= 0.025 && k < n / 2) { ++k; term *= (n - k + 1) / k; tail += term }
  if (k < 1) k = 1
  from = list[k]; to = list[n + 1 - k]
}
function judged(limit) {
  if (ratio == "") return sprintf("%-22s", "-")
  if (ratio > limit) failed = 1
  return sprintf("%5.2f [%.2f, %.2f]%s", ratio, from, to, ratio > limit ? " MISSED" : "")
}
function best_of(lane, size, names, n,   k, m, best) {
  best = ""; chosen = ""
  for (k = 1; k <= n; ++k) {
    m = median_of(lane, size, names[k])
    if (m != "" && (best == "" || m < best)) { best = m; chosen = names[k] }
  }
  return best
}

FNR == 1 { ++pairs }
{ gsub(/"[^"]*"/, "") }  # reasons may hold commas
{ split($0, c, ",") }
c[2] == "time" && (c[4] == "ok" || c[4] == "untrusted") {
  name = c[16]; lane = c[15] == "shared memory" || name == "auto" ? "shared memory" : "tcp"
  if (name ~ /^(openmpi|mpich|gloo)$/) { if (c[15] == provider) name = name " " provider }
  else if (name !~ /^auto/ && !(name in is_own)) { is_own[name] = 1; own[++owned] = name }
  time[lane, c[10], name, pairs] = c[21] * 1e6
  sizes[c[10]] = 1
}
END {
  for (size in sizes) order[++n] = size + 0
  sort(order, n)
  peers_known = split("openmpi,mpich,gloo", peers, ",")
  lanes_known = split("shared memory,tcp", lanes, ",")
  for (l = 1; l <= lanes_known; ++l) {
    lane = lanes[l]
    printf "\n%s lane, %d pairs, medians in us\n", lane, pairs
    printf "%10s %-20s %11s %11s %11s %11s %12s  %-29s %-6s %-29s %s\n", "bytes", "our best", "ours", "openmpi", "mpich", "gloo", "openmpi " provider, "to the best peer", "asked", "to openmpi " provider, "auto to our best"
    for (i = 1; i <= n; ++i) {
      size = order[i]
      mine = best_of(lane, size, own, owned); mine_name = chosen
      best_of(lane, size, peers, peers_known); peer = chosen
      if (mine == "") continue
      line = sprintf("%10d %-20s %11.2f", size, mine_name, mine)
      for (k = 1; k <= peers_known; ++k) { m = median_of(lane, size, peers[k]); line = line (m == "" ? sprintf(" %11s", "-") : sprintf(" %11.2f", m)) }
      m = median_of(lane, size, "openmpi " provider)
      line = line (m == "" ? sprintf(" %12s", "-") : sprintf(" %12.2f", m))
      limit = size == 16384 || size == 67108864 ? 0.7 : 1.0
      compare(lane, size, mine_name, peer)
      line = line sprintf("  %-29s %-6.1f", judged(limit), limit)
      compare(lane, size, mine_name, "openmpi " provider)
      line = line sprintf(" %-29s", judged(1.0))
      compare(lane, size, lane == "tcp" ? "auto_fabric" : "auto", mine_name)
      print line " " judged(1.05)
    }
  }
  exit failed
}
