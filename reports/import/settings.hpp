#pragma once
/// @file
/// What a log states beside its numbers: queue depths, buffers, devices, options.
///
/// Two results of equal names and equal places are launches of one measurement only where all of it
/// is the same. Where it is not, what differs becomes a part of the name.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::import {

/// By key, in lower case.
using Stated = std::map<std::string, std::string>;

/// Takes "key: value" and "key = value" of a line, several where tabs, wide gaps or brackets stand
/// between them. Left out are those that say when, by whom and at which address: dates, process
/// numbers, addresses of endpoints.
void state_line(Stated& stated, std::string_view line);
/// A line of words as a whole, by its first two: "Send Buffer on DEVICE (D)".
void state_words(Stated& stated, std::string_view line);
void state(Stated& stated, std::string_view key, std::string_view value);

/// Adds to the operation of each record what differs between those that agree in all keys but the
/// launch: " [window size 64]". @param stated of each record; what is missing at its end stated
/// nothing.
void tell_apart(std::vector<Record>& records, const std::vector<Stated>& stated);

}  // namespace assay::import
