#pragma once
/// @file
/// How much time a run may take: `--profile quick|standard|thorough`.

#include <optional>
#include <string_view>

namespace assay {

enum class Profile {
  quick,     ///< A whole run ends within 60 s on a 4-core machine.
  standard,  ///< About ten minutes: for a report one signs.
  thorough,  ///< As long as it takes: adds sustained passes of a minute and dense sweeps.
};

[[nodiscard]] constexpr std::string_view to_string(Profile profile) {
  switch (profile) {
    case Profile::quick:
      return "quick";
    case Profile::standard:
      return "standard";
    case Profile::thorough:
      return "thorough";
  }
  return "";
}
[[nodiscard]] constexpr std::optional<Profile> parse_profile(std::string_view name) {
  for (Profile p : {Profile::quick, Profile::standard, Profile::thorough})
    if (name == to_string(p)) return p;
  return std::nullopt;
}
/// Picks one of three values, e.g. `by_profile(profile, 10_ms, 100_ms, 1_s)`.
template <class T>
[[nodiscard]] constexpr T by_profile(Profile profile, T quick, T standard, T thorough) {
  return profile == Profile::quick ? quick : profile == Profile::standard ? standard : thorough;
}

}  // namespace assay
