// World: the only maker of a real clock, entropy, disk, host view and jail.
//
// Everything below app gets them as arguments. One object a process, made in main().
#pragma once

#include <memory>

#include "cli/outside.h"
#include "platform/host_copies.h"
#include "platform/host_files.h"

namespace bailey::app {

class World final : public cli::Outside {
 public:
  World();
  ~World() override;

  const Clock& clock() const override;
  Entropy& entropy() override;
  effect::process::Jail& jail() override;
  const effect::process::HostFiles& host() const override { return host_; }
  const effect::file::FileSource& files() const override { return copies_; }
  std::vector<cli::LayerAdvice> probe() override;

  Result<Dir> open_directory(const std::string& path, cli::Make make) override;
  Result<std::string> read_user_file(const std::string& path, std::size_t max_bytes) override;
  Status write_user_file(const std::string& path, std::string_view text) override;
  [[nodiscard]] Status write_user_pieces(
      const std::string& path, const std::function<Status(const Write& write)>& fill) override;

  std::optional<std::string> environment(const std::string& name) const override;
  uid_t uid() const override;
  gid_t gid() const override;
  std::string home_directory() const override;
  Result<std::string> working_directory() const override;
  std::string program_directory() const override;
  bool is_terminal(cli::Stream stream) const override;
  bool input_is_terminal() const override;
  Result<store::SecretText> ask_secret(const std::string& prompt) override;
  Result<crypto::AnySigner> token_signer(const store::TokenKey& token, const crypto::PublicKey& key,
                                         const store::SecretText& pin) override;
  Result<crypto::PublicKey> token_generate(const store::TokenKey& token,
                                           const store::SecretText& pin) override;
  Status start_again(const std::vector<std::string>& arguments) override;
  void write(cli::Stream stream, std::string_view text) override;
  bool pause_ms(int milliseconds) override;

 private:
  struct Parts;
  platform::RealHostFiles host_;
  platform::HostCopies copies_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace bailey::app
