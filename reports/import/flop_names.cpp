#include "reports/import/flop_names.hpp"

#include "reports/import/document.hpp"

namespace assay::import {

std::optional<FlopName> flop_rate_name(std::string_view name) {
  std::string low = lower(name);
  for (const char* blank : {"_per_second", "_per_sec", "/second", "/sec", "/s", "ps"})
    if (low.ends_with(blank)) {
      low.resize(low.size() - std::string_view(blank).size());
      break;
    }
  static const std::pair<const char*, double> prefixes[] = {
      {"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"t", 1e12}, {"p", 1e15}, {"e", 1e18}};
  for (const auto& [prefix, scale] : prefixes)
    for (const char* word : {"flop", "flops", "flo"})
      if (low == std::string(prefix) + word &&
          (low != "flop" && low != "flo" ? true : name.size() > 4))
        return FlopName{scale};
  return std::nullopt;
}

bool is_gemm_name(std::string_view name) {
  const std::string low = lower(name);
  return low.find("gemm") != std::string::npos || low.find("matmul") != std::string::npos ||
         low.find("matrix_product") != std::string::npos;
}

std::string dtype_in_name(std::string_view name) {
  const std::string low = lower(name);
  static const std::pair<const char*, const char*> words[] = {
      {"bf16", "bf16"},   {"bfloat16", "bf16"}, {"fp8", "f8"},    {"fp16", "f16"},
      {"f16", "f16"},     {"half", "f16"},      {"tf32", "tf32"}, {"fp32", "f32"},
      {"f32", "f32"},     {"float32", "f32"},   {"fp64", "f64"},  {"f64", "f64"},
      {"float64", "f64"}, {"int8", "i8"},       {"dgemm", "f64"}, {"sgemm", "f32"},
      {"hgemm", "f16"},   {"double", "f64"}};
  for (const auto& [word, dtype] : words)
    if (low.find(word) != std::string::npos) return dtype;
  return "";
}

}  // namespace assay::import
