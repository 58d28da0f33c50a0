// cage_words: the wire's numbers as the model's words. Pure; internal to platform.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "effect/process/jail.h"
#include "effect/process/wire.h"

namespace bailey::platform::words {

// The layers that a policy accepts the loss of for a cage without namespaces: "a, b, c".
[[nodiscard]] std::string lost_without_namespaces();
void add_layers(const effect::process::LayersBody& body, std::vector<model::LayerReport>& out);
[[nodiscard]] model::LimitReport limit(const effect::process::LimitBody& body);
[[nodiscard]] model::StreamReport stream(const effect::process::StreamBody& body);
// All but the program's digest.
[[nodiscard]] model::Event event(const effect::process::EventBody& body);
// Why the kernel refused a listener: `error` is its errno.
[[nodiscard]] std::string deaf_because(int error);
void finish(const effect::process::EndBody& body, effect::process::CageEnd& end);
// `place` is the target of the place that the message names, or empty.
[[nodiscard]] Error setup_error(const effect::process::Message& failed, const std::string& place);

}  // namespace bailey::platform::words
