// PassKey<Stage>: an argument that only Stage can make.
//
// A constructor that takes a PassKey<Stage> can be called by nobody else, which
// is how a Verdict is made by the gate alone and a Permit by consent alone.
// The key carries nothing and costs nothing.
#pragma once

namespace bailey {

template <class Stage>
class PassKey {
  friend Stage;
  explicit constexpr PassKey() noexcept {}

 public:
  constexpr PassKey(const PassKey&) noexcept = default;
  PassKey& operator=(const PassKey&) = delete;
};

}  // namespace bailey
