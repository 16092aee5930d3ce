/// Functions nobody calls, tags used twice, words that do not come back.

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/tidy/sources.hpp"

namespace assay::test {
namespace {

std::map<std::string, std::size_t> count_identifiers(const std::vector<SourceFile>& files) {
  std::map<std::string, std::size_t> count;
  for (const SourceFile& file : files) {
    std::string word;
    for (const char c : file.code + " ") {
      if (isalnum(static_cast<unsigned char>(c)) || c == '_') {
        word += c;
      } else {
        if (!word.empty()) ++count[word];
        word.clear();
      }
    }
  }
  return count;
}

/// A function that a header declares is named at least once more than by its declaration and its
/// definition. One that only tests call says "For tests." above it.
TEST(Names, EveryDeclaredFunctionIsCalled) {
  static const std::regex declaration(
      R"((?:^|\n)[ ]*(?:\[\[nodiscard\]\] )?(?:static |virtual |inline |constexpr |explicit )*[\w:<>,&*\s]+?[ &*](\w+)\()");
  static const std::set<std::string> called_from_outside = {"main", "operator", "sizeof", "return"};
  const auto& files = product_sources();
  const auto count = count_identifiers(files);
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".hpp") || file.path.starts_with("include/")) continue;
    for (std::sregex_iterator i(file.code.begin(), file.code.end(), declaration), end; i != end;
         ++i) {
      const std::string name = (*i)[1];
      if (called_from_outside.contains(name)) continue;
      const std::string before =
          file.text.substr(0, static_cast<std::size_t>(i->position(1)))
              .substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, i->position(1) - 300)));
      if (before.find("For tests.") != std::string::npos) continue;
      EXPECT_GT(count.at(name), 2U)
          << file.path << ":" << line_of(file.code, static_cast<std::size_t>(i->position(1)))
          << ": " << name << " is never called";
    }
  }
}

TEST(Names, TagsOfMessagesAreUnique) {
  static const std::regex tag(R"(constexpr (?:network::)?Tag ([^;]+);)");
  static const std::regex one(R"((\w+) = ((?:reserved_tags \+ )?(?:0x[0-9a-f]+|\d+)))");
  std::map<std::string, std::string> owner;
  for (const SourceFile& file : product_sources())
    for (std::sregex_iterator i(file.code.begin(), file.code.end(), tag), end; i != end; ++i) {
      const std::string list = (*i)[1];
      for (std::sregex_iterator j(list.begin(), list.end(), one); j != end; ++j) {
        const auto [place, fresh] = owner.emplace((*j)[2], file.path + " " + (*j)[1].str());
        EXPECT_TRUE(fresh) << file.path << " " << (*j)[1] << " has the value " << (*j)[2] << " of "
                           << place->second;
      }
    }
  EXPECT_GT(owner.size(), 20U);
}

/// Private coinages and riddles that were replaced by the field's terms.
TEST(Names, WordsThatWereReplacedDoNotComeBack) {
  static const std::vector<std::string> words = {
      "in debt to",          "what came of trying", "blame_the_dead", "take_a_nap", "life_signs",
      "PatientCommunicator", "assay_room",          "convicts",       "Opponents",  "lumber room"};
  for (const SourceFile& file : product_sources())
    for (const std::string& word : words)
      EXPECT_EQ(file.text.find(word), std::string::npos) << file.path << ": \"" << word << "\"";
}

}  // namespace
}  // namespace assay::test
