// Copies of the host's files: what is found, what is refused, what a copy cannot do.
#include "platform/host_copies.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace bailey::platform {
namespace {

class HostCopiesOf : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bailey-copies.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(top_, ignored);
  }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = top_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string read(const Fd& file) {
    char bytes[100];
    const ssize_t n = ::pread(file.get(), bytes, sizeof bytes, 0);
    return n < 0 ? "?" : std::string(bytes, static_cast<std::size_t>(n));
  }
  std::string refusal(const std::string& path) const {
    const auto found = copies_.find(path);
    return found ? "found" : std::string(found.error().code);
  }

  std::string top_;
  HostCopies copies_;
};

TEST_F(HostCopiesOf, ARegularFile_AreItsBytesUnderItsRealName) {
  const auto path = write("a", "the text");
  ASSERT_EQ(::symlink("a", (top_ + "/link").c_str()), 0);
  const auto found = copies_.find(top_ + "/link");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->real, path);
  const auto copy = copies_.copy(*found);
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->bytes, 8U);
  EXPECT_EQ(read(copy->file), "the text");
  const auto again = copies_.again(copy->file);
  ASSERT_TRUE(again);
  EXPECT_EQ(::lseek(copy->file.get(), 3, SEEK_SET), 3);
  EXPECT_EQ(::lseek(again->get(), 0, SEEK_CUR), 0) << "an offset of its own";
}

TEST_F(HostCopiesOf, WhatWasFound_IsCopiedWhateverTheNameMeansByThen) {
  const auto path = write("a", "shown");
  const auto found = copies_.find(path);
  ASSERT_TRUE(found);
  const auto other = write("b", "other");
  ASSERT_EQ(::rename(other.c_str(), path.c_str()), 0);
  const auto copy = copies_.copy(*found);
  ASSERT_TRUE(copy);
  EXPECT_EQ(read(copy->file), "shown");
}

TEST_F(HostCopiesOf, WhatIsNoRegularFile_IsNotFound) {
  ASSERT_EQ(::mkfifo((top_ + "/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("/dev/zero", (top_ + "/zero").c_str()), 0);
  ASSERT_EQ(::symlink("/proc/self/environ", (top_ + "/environ").c_str()), 0);
  ASSERT_EQ(::symlink("loop", (top_ + "/loop").c_str()), 0);
  EXPECT_EQ(refusal(top_ + "/fifo"), "grant.not_regular");
  EXPECT_EQ(refusal(top_ + "/zero"), "grant.not_regular");
  EXPECT_EQ(refusal(top_), "grant.not_regular");
  EXPECT_EQ(refusal(top_ + "/environ"), "grant.not_regular");
  EXPECT_EQ(refusal(top_ + "/loop"), "grant.missing");
  EXPECT_EQ(refusal(top_ + "/none"), "grant.missing");
  const Fd open(::open(write("a", "x").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(refusal("/proc/self/fd/" + std::to_string(open.get())), "grant.missing")
      << "no way through a magic link";
}

TEST_F(HostCopiesOf, ACopy_IsNotWrittenGrownOrRun) {
  const auto path = write("a", "#!/bin/sh\n");
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  const auto copy = copies_.copy(copies_.find(path).value());
  ASSERT_TRUE(copy);
  EXPECT_LT(::write(copy->file.get(), "x", 1), 0);
  const std::string name = "/proc/self/fd/" + std::to_string(copy->file.get());
  if (const Fd again(::open(name.c_str(), O_RDWR | O_CLOEXEC)); again) {
    EXPECT_LT(::write(again.get(), "x", 1), 0);
    EXPECT_LT(::ftruncate(again.get(), 0), 0);
    EXPECT_EQ(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, again.get(), 0), MAP_FAILED);
  }
  EXPECT_NE(::faccessat(AT_FDCWD, name.c_str(), X_OK, AT_EACCESS), 0);
  EXPECT_EQ(::fcntl(copy->file.get(), F_GET_SEALS) & (F_SEAL_SEAL | F_SEAL_WRITE),
            F_SEAL_SEAL | F_SEAL_WRITE);
}

TEST_F(HostCopiesOf, AFileOver64Mebibytes_IsRefused) {
  const auto path = write("big", "");
  ASSERT_EQ(::truncate(path.c_str(), (64 << 20) + 1), 0);
  const auto copy = copies_.copy(copies_.find(path).value());
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, "grant.too_big");
}

}  // namespace
}  // namespace bailey::platform
