#pragma once
/// @file
/// Damaged texts: what a disk, an editor, a spreadsheet or an enemy makes of a good file. Same
/// seed, same damage.

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace assay::test {

class Mutations {
 public:
  /// @param others lines of other files, to be put among those of this one; may be null.
  explicit Mutations(std::string good, std::uint32_t seed = 1,
                     const std::vector<std::string>* others = nullptr)
      : good_(std::move(good)), others_(others), engine_(seed) {}

  /// One to six kinds of damage, one upon the other.
  std::string next() {
    std::string text = good_;
    for (std::size_t left = 1 + below(6); left > 0; --left) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_);
  }

  void damage(std::string& text) {
    // Numbers at the edge, quotes and separators, line ends, encodings, and what looks like markup.
    static constexpr std::array<std::string_view, 30> hostile{"\"",
                                                              ",",
                                                              "\n",
                                                              "\r\n",
                                                              ";",
                                                              std::string_view("\0", 1),
                                                              "nan",
                                                              "-inf",
                                                              "1e999",
                                                              "-0",
                                                              "99999999999999999999",
                                                              "0x1p5",
                                                              "\xff\xfe",
                                                              "\xef\xbb\xbf",
                                                              "\xe2\x80\xae",
                                                              "=cmd()",
                                                              "</script>",
                                                              "]]>",
                                                              "[",
                                                              "]",
                                                              "{",
                                                              "}",
                                                              "#",
                                                              "'",
                                                              "=",
                                                              ".",
                                                              "\t",
                                                              " ",
                                                              "\"\"",
                                                              "\\u0000"};
    static constexpr std::array<std::string_view, 14> numbers{"0",          "1",
                                                              "-1",         "2",
                                                              "1e300",      "1e-300",
                                                              "4294967296", "9223372036854775807",
                                                              "1.5.",       "1,234",
                                                              "1.234",      "0.0000",
                                                              "999999",     "18446744073709551616"};
    if (text.empty()) text = good_;
    const std::size_t at = below(text.size()), length = below(text.size() - at) % 60 + 1;
    switch (below(others_ == nullptr ? 7 : 11)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.insert(at, hostile[below(hostile.size())]);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 4:
        text.resize(at);
        break;
      case 5:
        text.replace(at, length, hostile[below(hostile.size())]);
        break;
      case 6: {  // A run of one character longer than any buffer expects.
        text.insert(at, std::string(below(5) == 0 ? 70'000 : 300, text[at]));
        break;
      }
      case 7:  // A line of another file.
        text.insert(line_start(text, at), (*others_)[below(others_->size())]);
        break;
      case 8: {  // A line twice, or elsewhere.
        const std::size_t start = line_start(text, at);
        const std::string line = text.substr(start, text.find('\n', start) - start) + "\n";
        if (below(2) == 0) text.erase(start, line.size());
        text.insert(line_start(text, below(text.size() + 1)), line);
        break;
      }
      case 9:  // A line less.
      {
        const std::size_t start = line_start(text, at);
        text.erase(start, text.find('\n', start) - start + 1);
        break;
      }
      case 10: {  // Another number.
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit == std::string::npos) break;
        const std::size_t end =
            std::min(text.find_first_not_of("0123456789.eE+-", digit), text.size());
        text.replace(digit, end - digit, numbers[below(numbers.size())]);
        break;
      }
    }
  }

  static std::size_t line_start(const std::string& text, std::size_t at) {
    if (at == 0 || text.empty()) return 0;
    const std::size_t end = text.rfind('\n', std::min(at, text.size()) - 1);
    return end == std::string::npos ? 0 : end + 1;
  }

  std::string good_;
  const std::vector<std::string>* others_;
  std::mt19937 engine_;
};

}  // namespace assay::test
