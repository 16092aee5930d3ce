#include "probes/run/secrets.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay {
namespace {

TEST(Secrets, AreMaskedByTheNameOfOptionVariableOrMember) {
  for (const char* text : {"./train --password=hunter2",
                           "./train --password hunter2",
                           "./train --db-password 'hunter2'",
                           "PGPASSWORD=hunter2 ./train",
                           "API_KEY=hunter2",
                           "--api-key hunter2",
                           "apiKey: hunter2",
                           "{\"token\": \"hunter2\"}",
                           "AUTH_TOKEN=\"hunter2 with blanks\"",
                           "--hf-token hunter2",
                           "AWS_SECRET_ACCESS_KEY=hunter2",
                           "client_secret=hunter2",
                           "--passphrase hunter2",
                           "private_key=hunter2",
                           "MYSQL_PWD=hunter2",
                           "DB_PASS=hunter2",
                           "Cookie: hunter2",
                           "Authorization: Bearer hunter2",
                           "Authorization: Basic hunter2",
                           "credentials=hunter2",
                           "curl -H 'Authorization: Bearer hunter2abcdef'",
                           "https://user:hunter2@host/path",
                           "ftp://hunter2@host",
                           "JOB_KEY=hunter2",
                           "--session-key hunter2"}) {
    const std::string masked = mask_secrets(std::string(text));
    EXPECT_EQ(masked.find("hunter2"), std::string::npos) << text << " -> " << masked;
    EXPECT_NE(masked.find(masked_text), std::string::npos) << text;
  }
}

TEST(Secrets, AreMaskedByTheirForm) {
  for (const char* text :
       {"AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0abcdefghijkl", "glpat-abcdefghijklmnopqrst",
        "sk-abcdefghijklmnopqrstuvwxyz012345", "hf_abcdefghijklmnopqrstuvwxyz",
        "xoxb-123456789012-abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"}) {
    const std::string line = std::string("run ") + text + " end";
    EXPECT_EQ(mask_secrets(line), "run [masked] end");
  }
  const std::string key =
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- behind";
  EXPECT_EQ(mask_secrets(key).find("MIIEow"), std::string::npos);
  EXPECT_NE(mask_secrets(key).find("behind"), std::string::npos);
}

TEST(Secrets, WhatIsNoneStays) {
  for (const char* text :
       {"./train --ranks 4 --tokens 2048 --key-size 8B", "mpirun -np {ranks} ./pass --bypass 3",
        "python bench.py --tokenizer gpt2", "the link is https://host/a@b", "ring, basic test",
        "1 of 4 ranks: authors differ"})
    EXPECT_EQ(mask_secrets(std::string(text)), text);
}

TEST(Secrets, OfADocumentAreMaskedWhereverTheyStand) {
  const nlohmann::json masked =
      mask_secrets(nlohmann::json{{"password", "x"},
                                  {"nested", {{"api_key", {{"value", "y"}}}, {"tokens", 128}}},
                                  {"command", {"./train", "--token", "z", "--steps", "3"}},
                                  {"empty_password", ""},
                                  {"environment", {{"MY_SECRET", "w"}, {"OMP_NUM_THREADS", "4"}}}});
  EXPECT_EQ(masked["password"], masked_text);
  EXPECT_EQ(masked["nested"]["api_key"], masked_text);
  EXPECT_EQ(masked["nested"]["tokens"], 128);
  EXPECT_EQ(masked["command"], nlohmann::json({"./train", "--token", masked_text, "--steps", "3"}));
  EXPECT_EQ(masked["empty_password"], "");
  EXPECT_EQ(masked["environment"]["MY_SECRET"], masked_text);
  EXPECT_EQ(masked["environment"]["OMP_NUM_THREADS"], "4");
}

}  // namespace
}  // namespace assay
