#pragma once
/// @file
/// How people call rates of operations and the number formats of matrix products.

#include <optional>
#include <string>
#include <string_view>

namespace assay::import {

struct FlopName {
  double scale;  ///< To FLOP/s.
};
/// "FLOP/s", "GFLOPS", "gflops_per_second", "TFLOP/s" ...; nothing for all else.
[[nodiscard]] std::optional<FlopName> flop_rate_name(std::string_view name);

[[nodiscard]] bool is_gemm_name(std::string_view name);
/// "f64" of "BM_dgemm", "bf16" of "gemm/bf16"; empty where the name does not say.
[[nodiscard]] std::string dtype_in_name(std::string_view name);

}  // namespace assay::import
