#include "report/metrics.h"

#include <gtest/gtest.h>

namespace bailey::report {
namespace {

TEST(Metrics, WhatIsNotKnownHasNoLine) {
  LedgerMetrics metrics;
  metrics.entries = 7;
  const auto few = prometheus_text(metrics);
  EXPECT_NE(few.find("\nbailey_ledger_entries 7\n"), std::string::npos);
  for (const char* const name :
       {"checkpoint_age", "cosignature_age", "newest_entry", "verification"})
    EXPECT_EQ(few.find(name), std::string::npos);
  metrics.checkpoint_age = 1.5;
  metrics.verified = false;
  const auto more = prometheus_text(metrics);
  EXPECT_NE(more.find("\nbailey_ledger_checkpoint_age_seconds 1.500\n"), std::string::npos);
  EXPECT_NE(more.find("\nbailey_ledger_verification_failed 1\n"), std::string::npos);
}

}  // namespace
}  // namespace bailey::report
