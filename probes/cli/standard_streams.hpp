#pragma once
/// @file
/// Standard input, output and error of the program.

#include <string>
#include <string_view>

namespace assay {

/// A descriptor from 0 to 2 that is closed would be given to the next file that is opened, and what
/// is meant for the terminal would be written into it. Standard error then goes nowhere; standard
/// output takes nothing, so that what is lost there is noticed. To be called first.
void reserve_standard_streams();

/// Why what was printed did not get to standard output; empty when it did. To be called last.
[[nodiscard]] std::string flush_standard_output();

/// Text of several lines, made safe to print: whatever names a file that somebody else made held,
/// no terminal takes them for control sequences (they become \x1b and the like), and no CI system
/// for commands of its own (lines that begin with :: or ##).
[[nodiscard]] std::string printable(std::string_view text);

/// A line on standard error. One that cannot be written is no error: there is nowhere to say so.
void tell(const std::string& line) noexcept;

}  // namespace assay
