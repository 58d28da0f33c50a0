#include "app/jail.h"

#include "platform/probe.h"
#include "platform/warden_jail.h"

namespace bailey::app {
namespace {

// The warden is looked for when the first cage is raised, so that no other command
// pays for it or fails because of it.
class LateJail final : public effect::process::Jail {
 public:
  Result<std::unique_ptr<effect::process::Cage>> raise() override {
    if (!jail_) jail_ = std::make_unique<platform::WardenJail>(BAILEY_TRY(platform::open_warden()));
    return jail_->raise();
  }

 private:
  std::unique_ptr<platform::WardenJail> jail_;
};

}  // namespace

std::unique_ptr<effect::process::Jail> make_jail() { return std::make_unique<LateJail>(); }

std::vector<cli::LayerAdvice> probe_layers() {
  std::vector<cli::LayerAdvice> advice;
  for (auto& layer : platform::probe_layers())
    advice.push_back({std::move(layer.name), layer.available, std::move(layer.detail),
                      std::move(layer.loss), std::move(layer.remedy)});
  return advice;
}

}  // namespace bailey::app
