#pragma once
/// @file
/// A page made of a made-up run, and what holds for every page.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "reports/report.hpp"
#include "tests/golden/report/made_up_run.hpp"

namespace assay::made_up {

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Visits every element.
template <class Visit>
void walk(pugi::xml_node node, const Visit& visit) {
  if (node.type() == pugi::node_element) visit(node);
  for (pugi::xml_node child : node.children()) walk(child, visit);
}

/// What holds for every page, whatever the run.
inline void expect_sound(const std::string& html) {
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(html.data(), html.size(), pugi::parse_full | pugi::parse_ws_pcdata);
  ASSERT_TRUE(parsed) << parsed.description()
                      << " near: " << html.substr(static_cast<std::size_t>(parsed.offset), 200);
  std::set<std::string> ids;
  std::vector<std::string> wanted;
  int scripts = 0;
  walk(document, [&](pugi::xml_node node) {
    const std::string name = node.name();
    if (name == "script") ++scripts;
    EXPECT_NE(name, "iframe");
    for (pugi::xml_attribute attribute : node.attributes()) {
      const std::string key = attribute.name(), value = attribute.value();
      EXPECT_FALSE(key.starts_with("on")) << name << " " << key;
      EXPECT_NE(key, "style") << name;
      if (key == "id") {
        EXPECT_TRUE(ids.insert(value).second) << "two elements with id " << value;
      }
      if (key == "href" || key == "src") {
        EXPECT_EQ(value.find("//"), std::string::npos) << value;
        EXPECT_EQ(value.find(':'), std::string::npos) << value;
        if (value.starts_with("#")) wanted.push_back(value.substr(1));
      }
      if (key == "aria-labelledby") {
        std::istringstream list(value);
        for (std::string id; list >> id;) wanted.push_back(id);
      }
    }
    if (name == "svg" && std::string(node.parent().name()) == "figure") {
      EXPECT_TRUE(node.child("title") && node.child("desc"))
          << "a chart without title or description";
      EXPECT_STREQ(node.attribute("role").value(), "img");
    }
  });
  EXPECT_EQ(scripts, 1);
  for (const std::string& id : wanted) EXPECT_TRUE(ids.count(id)) << "nothing has the id " << id;
  for (const char* outside : {"https://", "@import", "javascript:"})
    EXPECT_THAT(html, testing::Not(testing::HasSubstr(outside)));
  for (std::size_t at = html.find("url("); at != std::string::npos; at = html.find("url(", at + 1))
    EXPECT_EQ(html[at + 4], '#') << html.substr(at, 80);
  EXPECT_THAT(html, testing::HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("NaN")));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("\"inf")));
}

/// A folder with a run directory to write, and the page of it.
struct Made {
  Folder folder;
  std::filesystem::path directory = folder / "run";
  ReportOptions options{};
  std::string html() {
    const std::string text = content(write_report({directory}, options).page);
    expect_sound(text);
    return text;
  }
};

inline std::string between(const std::string& text, const std::string& open,
                           const std::string& close) {
  const std::size_t from = text.find(open) + open.size();
  return text.substr(from, text.find(close, from) - from);
}

}  // namespace assay::made_up
