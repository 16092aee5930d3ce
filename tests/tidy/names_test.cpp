/// Functions nobody calls, tags used twice, words that do not come back.

#include <gtest/gtest.h>

#include <algorithm>
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

/// Whether the function whose name ends at `end` has its body where it is declared.
bool is_defined_here(const std::string& code, std::size_t end) {
  int depth = 0;
  for (std::size_t i = end; i < code.size(); ++i) {
    if (code[i] == '(') ++depth;
    if (code[i] == ')') --depth;
    if (depth > 0) continue;
    if (code[i] == '{') return true;
    if (code[i] == ';') return false;
  }
  return false;
}

TEST(Names, ABodyIsTold) {
  const std::string code = "int f(int x = 1);\nint g(int y) const { return y; }\nA(int) : b{} {}";
  EXPECT_FALSE(is_defined_here(code, code.find("f(") + 1));
  EXPECT_TRUE(is_defined_here(code, code.find("g(") + 1));
  EXPECT_TRUE(is_defined_here(code, code.find("A(") + 1));
}

struct DeclaredFunction {
  std::string name;
  std::size_t at;  ///< Of its name.
};

/// Those whose type and name stand on one line.
std::vector<DeclaredFunction> declared_in(const std::string& code) {
  static const std::regex type(
      R"( *(?:\[\[nodiscard\]\] )?(?:static |virtual |inline |constexpr |explicit |friend )*[\w:<>,&* ]*[\w>&*][ &*])");
  static const std::regex no_declaration(R"(\b(?:return|else|case|new|throw|delete)\b)");
  static const std::set<std::string> no_names = {"void",   "bool",    "int",      "double",
                                                 "sizeof", "alignas", "operator", "requires"};
  std::vector<DeclaredFunction> found;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::string line = code.substr(begin, end - begin);
    const std::size_t open = line.find('(');
    if (open != std::string::npos) {
      std::size_t at = open;
      while (at > 0 && (isalnum(static_cast<unsigned char>(line[at - 1])) || line[at - 1] == '_'))
        --at;
      const std::string before = line.substr(0, at), name = line.substr(at, open - at);
      if (!name.empty() && !no_names.contains(name) && std::regex_match(before, type) &&
          !std::regex_search(before, no_declaration))
        found.push_back({name, begin + at});
    }
    begin = end + 1;
  }
  return found;
}

TEST(Names, TheReaderOfDeclarationsFindsThem) {
  const auto found = declared_in(
      "[[nodiscard]] std::optional<int> a(int x);\n  virtual void b() = 0;\n  return c(1);\n"
      "std::function<void(int)> d;\n  static X& e(\n      int long_one);\n  f(3);\n");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].name + found[1].name + found[2].name, "abe");
}

/// The comment directly above the line of `at`.
std::string comment_above(const std::string& text, std::size_t at) {
  std::size_t begin = text.rfind('\n', at) + 1;  // npos + 1 is 0
  const std::size_t end = begin;
  while (begin > 0) {
    const std::size_t line = begin < 2 ? 0 : text.rfind('\n', begin - 2) + 1;
    const std::size_t first = text.find_first_not_of(' ', line);
    if (text.compare(first, 2, "//") != 0) break;
    begin = line;
  }
  return text.substr(begin, end - begin);
}

/// A function that a header declares is named at least once more than by its declaration and its
/// definition. One that only tests call says "For tests." above it, and one that only users of the
/// library call "For users of the library."
TEST(Names, EveryDeclaredFunctionIsCalled) {
  const auto& files = product_sources();
  const auto count = count_identifiers(files);
  std::size_t functions = 0;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".hpp") || file.path.starts_with("include/")) continue;
    for (const auto& [name, at] : declared_in(file.code)) {
      ++functions;
      const std::string comment = comment_above(file.text, at);
      if (comment.find("For tests.") != std::string::npos ||
          comment.find("For users of the library.") != std::string::npos)
        continue;
      const std::size_t definitions = is_defined_here(file.code, at + name.size()) ? 1 : 2;
      EXPECT_GT(count.at(name), definitions)
          << file.path << ":" << line_of(file.code, at) << ": " << name << " is never called";
    }
  }
  EXPECT_GT(functions, 800U) << "the reader of declarations missed most of them";
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
  static const std::vector<std::string> words = {"in debt to",
                                                 "what came of",
                                                 "blame_the_dead",
                                                 "take_a_nap",
                                                 "life_signs",
                                                 "LifeSigns",
                                                 "PatientCommunicator",
                                                 "Patience",
                                                 "assay_room",
                                                 "convict",
                                                 "pponent",
                                                 "lumber room",
                                                 "Manner",
                                                 "obstacle",
                                                 "Contender",
                                                 "Contestant",
                                                 "run_contest",
                                                 "BoardRank",
                                                 "sweep_shared_memory",
                                                 "TrainingPlan",
                                                 "SamplePlan",
                                                 "GatePlan"};
  for (const SourceFile& file : product_sources())
    for (const std::string& word : words)
      EXPECT_EQ(file.text.find(word), std::string::npos) << file.path << ": \"" << word << "\"";
}

}  // namespace
}  // namespace assay::test
