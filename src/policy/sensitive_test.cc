#include "policy/sensitive.h"

#include <gtest/gtest.h>

namespace bailey::policy {
namespace {

constexpr std::string_view kHome = "/home/ada";

TEST(Sensitive, PlacesWithKeysAreKnown) {
  for (const char* path :
       {"/home/ada/.ssh", "/home/ada/.ssh/id_rsa", "/home/ada/.aws/credentials", "/etc/shadow",
        "/etc/shadow-", "/etc/ssh/ssh_host_rsa_key", "/home/eve/.gnupg/x", "/srv/app/.env",
        "/srv/app/server.KEY", "/root/x", "/home/ada/.config/gcloud/x", "/home/ada/.bash_history"})
    EXPECT_TRUE(sensitive_place(path, kHome)) << path;
}

TEST(Sensitive, WhatHoldsSuchAPlaceIsOneToo) {
  for (const char* path : {"/", "/**", "/etc", "/etc/**", "/home", "/home/ada", "/home/ada/**",
                           "/home/ada/.config", "/home/eve", "/etc/ssh"})
    EXPECT_TRUE(sensitive_place(path, kHome)) << path;
}

TEST(Sensitive, OrdinaryPlacesAreNot) {
  for (const char* path : {"/usr/lib/x", "/home/ada/ws/src/main.c", "/home/ada/.cargo/bin/cargo",
                           "/opt/tool", "/etc/hosts", "/srv/data", "/home/ada/.sshx",
                           "/var/cache/apt", "/home/ada/.rustup/toolchains"})
    EXPECT_FALSE(sensitive_place(path, kHome)) << path;
  EXPECT_FALSE(sensitive_place("/srv/x", ""));
}

TEST(Sensitive, AHomeInAnOddPlaceCounts) {
  EXPECT_TRUE(sensitive_place("/data/people/ada/.ssh/id", "/data/people/ada"));
  EXPECT_TRUE(sensitive_place("/data/people", "/data/people/ada"));
  EXPECT_FALSE(sensitive_place("/data/people/x/y", "/data/people/ada"));
}

TEST(Sensitive, VariablesOfSecretsAndLoaders) {
  for (const char* name : {"GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "BASH_ENV",
                           "GIT_SSH_COMMAND", "PYTHONPATH", "DB_PASSWORD", "OPENAI_API_KEY"})
    EXPECT_TRUE(sensitive_variable(name)) << name;
  for (const char* name : {"CI", "TERM", "LANG", "TZ", "NO_COLOR"})
    EXPECT_FALSE(sensitive_variable(name)) << name;
}

TEST(Sensitive, WordsThatCarrySecrets) {
  for (const char* word :
       {"ghp_0123456789abcdefABCDEF0123456789abcd", "--token=hunter2", "Authorization: Bearer x",
        "https://ada:hunter2@example.org/x", "AKIAIOSFODNN7EXAMPLE", "--password=x", "PGPASSWORD=x",
        "a3f9c0d51e7b8460a3f9c0d51e7b8460"})
    EXPECT_TRUE(looks_secret(word)) << word;
  for (const char* word :
       {"push", "--oneline", "-j8", "src/main.c", "https://example.org/x", "HEAD~3", "token",
        "--color=always", "a/very/long/path/with/digits/0123456789/and/more", "fix the tokenizer"})
    EXPECT_FALSE(looks_secret(word)) << word;
}

}  // namespace
}  // namespace bailey::policy
