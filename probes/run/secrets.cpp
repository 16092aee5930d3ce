#include "probes/run/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace assay {
namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}
bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
/// Of a token: what ends it is a blank, a quote or a bracket.
bool is_token_character(char c) {
  return !is_blank(c) && std::string_view("\"'`,;()<>{}[]|&").find(c) == std::string_view::npos;
}

/// Letters and digits of a name, in lower case: api-key, api_key and ApiKey are one.
std::string bare(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Behind the value that begins at `at`: a quoted one to its closing quote.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    const std::size_t closing = text.find(text[at], at + 1);
    return closing == std::string_view::npos ? text.size() : closing + 1;
  }
  while (at < text.size() && !is_blank(text[at]) &&
         std::string_view("\"'`;)|&").find(text[at]) == std::string_view::npos)
    ++at;
  return at;
}

/// Of a name that ends at `at`: where its value begins; npos when there is none.
std::size_t value_begin(std::string_view text, std::size_t at, bool is_option) {
  std::size_t next = at;
  while (next < text.size() && (text[next] == '"' || text[next] == '\'')) ++next;
  std::size_t mark = next;
  while (mark < text.size() && is_blank(text[mark])) ++mark;
  if (mark < text.size() && (text[mark] == '=' || text[mark] == ':')) {
    ++mark;
    while (mark < text.size() && is_blank(text[mark])) ++mark;
    return mark < text.size() ? mark : std::string_view::npos;
  }
  // "--password VALUE", but "--password --next" has none.
  if (is_option && mark > next && mark < text.size() && text[mark] != '-') return mark;
  return std::string_view::npos;
}

struct Prefix {
  std::string_view text;
  std::size_t length;  ///< At least so many characters of a token follow.
};
constexpr std::array token_prefixes{
    Prefix{"AKIA", 16},   Prefix{"ASIA", 16},      Prefix{"ghp_", 20}, Prefix{"gho_", 20},
    Prefix{"ghu_", 20},   Prefix{"ghs_", 20},      Prefix{"ghr_", 20}, Prefix{"github_pat_", 20},
    Prefix{"glpat-", 16}, Prefix{"sk-", 20},       Prefix{"hf_", 20},  Prefix{"xoxb-", 10},
    Prefix{"xoxp-", 10},  Prefix{"xoxa-", 10},     Prefix{"AIza", 30}, Prefix{"eyJ", 20},
    Prefix{"npm_", 30},   Prefix{"dckr_pat_", 16}, Prefix{"ya29.", 16}};

bool is_known_token(std::string_view token) {
  return std::any_of(token_prefixes.begin(), token_prefixes.end(), [&](const Prefix& prefix) {
    return token.starts_with(prefix.text) && token.size() >= prefix.text.size() + prefix.length;
  });
}

/// What a scan replaces: from `begin` to `end`.
struct SecretSpan {
  std::size_t begin = std::string_view::npos, end = 0;
};

/// "scheme://user:password@host": the part between // and @.
SecretSpan url_credentials(std::string_view text, std::size_t at) {
  if (text.compare(at, 3, "://") != 0) return {};
  const std::size_t begin = at + 3;
  std::size_t end = begin, last = std::string_view::npos;
  for (; end < text.size() && is_token_character(text[end]) && text[end] != '/'; ++end)
    if (text[end] == '@') last = end;
  return last == std::string_view::npos ? SecretSpan{} : SecretSpan{begin, last};
}

/// A word that begins at `at`, when it or what follows it is a secret.
SecretSpan secret_of_word(std::string_view text, std::size_t at, std::size_t end) {
  std::size_t name = at;
  while (name < end && text[name] == '-') ++name;
  const std::string_view word = text.substr(name, end - name);
  const std::string plain = bare(word);
  if ((plain == "bearer" || plain == "basic") && end < text.size() && is_blank(text[end])) {
    std::size_t begin = end;
    while (begin < text.size() && is_blank(text[begin])) ++begin;
    std::size_t stop = begin;
    while (stop < text.size() && is_token_character(text[stop])) ++stop;
    if (stop - begin >= 8) return {begin, stop};
  }
  if (is_known_token(word)) return {name, end};
  if (!names_secret(word)) return {};
  const std::size_t begin = value_begin(text, end, name > at);
  if (begin == std::string_view::npos) return {};
  std::size_t stop = value_end(text, begin);
  // "Authorization: Bearer x": the scheme is no secret, what follows it is.
  const std::string scheme = bare(text.substr(begin, stop - begin));
  if ((scheme == "bearer" || scheme == "basic") && stop < text.size()) {
    std::size_t next = stop;
    while (next < text.size() && is_blank(text[next])) ++next;
    return {next, value_end(text, next)};
  }
  return stop > begin ? SecretSpan{begin, stop} : SecretSpan{};
}

std::string mask_private_keys(std::string text) {
  constexpr std::string_view mark = "PRIVATE KEY-----";
  for (std::size_t at = text.find(mark); at != std::string::npos;) {
    const std::size_t begin = at + mark.size();
    const std::size_t end = text.find("-----END", begin);
    const std::size_t count = (end == std::string::npos ? text.size() : end) - begin;
    text.replace(begin, count, masked_text);
    const std::size_t closing = text.find(mark, begin + masked_text.size());
    at = closing == std::string::npos ? closing : text.find(mark, closing + mark.size());
  }
  return text;
}

}  // namespace

bool names_secret(std::string_view name) {
  const std::string plain = bare(name);
  // "tokens" are what a language model is given.
  static constexpr std::array parts{"password",   "passwd",          "passphrase", "secret",
                                    "credential", "apikey",          "accesskey",  "privatekey",
                                    "authkey",    "authorization",   "sessionkey", "encryptionkey",
                                    "signingkey", "connectionstring"};
  static constexpr std::array wholes{"pwd", "pass", "pw", "auth", "jobkey", "cookie"};
  const auto ends_in_word = [&](std::string_view word) {
    return plain.ends_with(word) &&
           (plain.size() == word.size() ||
            std::isalnum(static_cast<unsigned char>(name[name.size() - word.size() - 1])) == 0);
  };
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return plain.find(part) != std::string::npos; }) ||
         std::find(wholes.begin(), wholes.end(), plain) != wholes.end() ||
         plain.ends_with("token") || plain.ends_with("pwd") || ends_in_word("pass") ||
         ends_in_word("pw");
}

std::string mask_secrets(const std::string& original) {
  const std::string text = mask_private_keys(original);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    SecretSpan span = url_credentials(text, at);
    std::size_t end = at + 1;
    if (span.begin == std::string_view::npos && is_name_character(text[at])) {
      while (end < text.size() && is_name_character(text[end])) ++end;
      span = secret_of_word(text, at, end);
    }
    if (span.begin == std::string_view::npos) {
      out.append(text, at, end - at);
      at = end;
      continue;
    }
    out.append(text, at, span.begin - at);
    out += masked_text;
    at = span.end;
  }
  return out;
}

nlohmann::json mask_secrets(nlohmann::json value) {
  if (value.is_string()) return mask_secrets(value.get<std::string>());
  if (value.is_object())
    for (auto& [name, member] : value.items())
      member = names_secret(name) && !member.is_null() && !member.is_boolean() &&
                       !(member.is_string() && member.get<std::string>().empty())
                   ? nlohmann::json(masked_text)
                   : mask_secrets(std::move(member));
  if (value.is_array()) {
    bool is_next_secret = false;  // ["--password", "x"]: arguments as a list
    for (nlohmann::json& member : value) {
      const bool is_secret = std::exchange(is_next_secret, false) && member.is_string() &&
                             !member.get<std::string>().starts_with("-");
      if (member.is_string()) {
        const std::string word = member.get<std::string>();
        is_next_secret = word.starts_with("-") && names_secret(word);
      }
      member = is_secret ? nlohmann::json(masked_text) : mask_secrets(std::move(member));
    }
  }
  return value;
}

}  // namespace assay
