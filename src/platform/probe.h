// probe: what this kernel offers for a cage, asked without raising one.
//
// For bailey doctor: each layer by the name that receipts use, whether it can be had
// here and now, what is lost without it, and how to get it. Namespaces are tried for
// real in a short-lived child. Says nothing about whether a layer is active in any
// run: that is what the canaries prove. Any thread.
#pragma once

#include <string>
#include <vector>

namespace bailey::platform {

struct LayerProbe {
  std::string name;
  bool available = false;
  std::string detail;  // a version, a path, or why not
  std::string loss;    // what is lost without it
  std::string remedy;  // how to get it; empty when there is nothing to do
};

[[nodiscard]] std::vector<LayerProbe> probe_layers();

}  // namespace bailey::platform
