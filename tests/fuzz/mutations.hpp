#pragma once
/// @file
/// Damaged texts: what a disk, an editor, a spreadsheet or an enemy makes of a good file. Same
/// seed, same damage.

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace assay::test {

class Mutations {
 public:
  explicit Mutations(std::string good, std::uint32_t seed = 1)
      : good_(std::move(good)), engine_(seed) {}

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
    if (text.empty()) text = good_;
    const std::size_t at = below(text.size()), length = below(text.size() - at) % 60 + 1;
    switch (below(7)) {
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
    }
  }

  std::string good_;
  std::mt19937 engine_;
};

}  // namespace assay::test
