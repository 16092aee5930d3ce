#include "reports/render/html.hpp"

#include <gtest/gtest.h>

namespace assay::render {
namespace {

std::string page_with(const std::string& text) {
  pugi::xml_document document;
  add(add(document.root(), "html"), "p", {{"title", text}}, text);
  return to_html(document);
}

TEST(Html, EscapesWhatWouldEndTextOrAttribute) {
  const std::string html = page_with(R"(</p><script>alert("1")</script> & ' ]]>)");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("' ]]&gt;</p>"), std::string::npos) << html;
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(html.find("&quot;1&quot;"), std::string::npos) << html;
}

TEST(Html, ReplacesMarksThatReverseTheReadingOrder) {
  // U+202E would show "gpj.exe" as "exe.jpg".
  EXPECT_EQ(displayable("a\xE2\x80\xAE"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(displayable("a\xE2\x81\xA6"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(Html, ReplacesControlsAndBytesThatAreNotUtf8) {
  EXPECT_EQ(displayable(std::string_view("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(displayable("a\xFF"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(displayable("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "an overlong slash";
  EXPECT_EQ(displayable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate";
  EXPECT_EQ(displayable("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut off";
  EXPECT_EQ(displayable("line\nbreak"), "line break");
}

TEST(Html, KeepsTextOfAllLanguages) {
  const std::string text = "Knoten-Größe 東京 😀 naïve";
  EXPECT_EQ(displayable(text), text);
}

TEST(Html, ClosesEmptyElementsAsHtmlWantsIt) {
  pugi::xml_document document;
  Node html = add(document.root(), "html");
  add(html, "td");
  add(html, "meta", {{"charset", "utf-8"}});
  const std::string text = to_html(document);
  EXPECT_NE(text.find("<td></td>"), std::string::npos) << text;
  EXPECT_NE(text.find("<meta charset=\"utf-8\"/>"), std::string::npos) << text;
}

TEST(Html, SourceStandsAsItIsAndParsesAsXml) {
  pugi::xml_document document;
  Node html = add(document.root(), "html");
  add_script_source(add(html, "script"), "if (1 < 2 && 3 > 2) f();\n");
  add_style_source(add(html, "style"), "a > b { color: red; }\n");
  const std::string text = to_html(document);
  EXPECT_NE(text.find("<script>//<![CDATA[\nif (1 < 2 && 3 > 2) f();\n//]]></script>"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("<style>/*<![CDATA[*/a > b { color: red; }\n/*]]>*/</style>"),
            std::string::npos)
      << text;
  pugi::xml_document again;
  EXPECT_TRUE(again.load_string(text.c_str(), pugi::parse_default | pugi::parse_doctype));
}

TEST(Html, SlugsAreIdsAndNeverEmpty) {
  EXPECT_EQ(slug("All-reduce over \"tcp\", 8 ranks!"), "all-reduce-over-tcp-8-ranks");
  EXPECT_EQ(slug("../../etc"), "etc");
  EXPECT_EQ(slug("東京"), "x");
}

}  // namespace
}  // namespace assay::render
