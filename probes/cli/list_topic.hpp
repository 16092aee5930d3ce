#pragma once
/// @file
/// Something `assay list TOPIC` shows beside the registry's entries, e.g. "providers". A component
/// that knows the topic registers it: Registry<ListTopic>::add({.about = {.kind = "topic", .name =
/// "providers", ...}, .text = ...}).

#include <functional>
#include <string>

#include "probes/core/registry.hpp"

namespace assay {

struct ListTopic {
  Description about;  ///< kind = "topic"
  /// What is printed, complete with its last line end.
  std::function<std::string()> text;
};

}  // namespace assay
