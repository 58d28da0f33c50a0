// plan: the flat form of a CageSpec, built by the signer, read in place by the cage.
//
// One blob: a header, arrays of records, then texts that end with NUL. The reader
// allocates nothing, trusts no offset, and refuses the whole plan when one thing is
// off. The list of places is sorted so that a parent always comes before what lies
// beneath it; the reader proves that again, so a later mount can never uncover an
// earlier hidden path. Freestanding. Thread rule: plain reads of immutable bytes.
// Does not protect: against a plan that asks for too much; the gate judged it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bailey::effect::process {

inline constexpr std::uint32_t kPlanMagic = 0x504c4242;  // "BBLP"
inline constexpr std::uint32_t kPlanVersion = 2;
inline constexpr std::size_t kPlanMaxBytes = 4U << 20;
inline constexpr std::size_t kPlanMaxPlaces = 4096;
inline constexpr std::size_t kPlanMaxPath = 4095;
inline constexpr std::size_t kPlanMaxAsks = 64;

struct PlanText {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;  // without the NUL that follows
};

enum class PlaceKind : std::uint32_t {
  kView,     // a bind of `source`
  kLink,     // a symlink of the host's top level, made again: `source` is its text
  kHide,     // masked if present
  kProc,     // a new procfs
  kDevices,  // the minimal /dev
  kScratch,  // the private /tmp
  kAlias,    // the private /tmp under another name
  kEmpty,    // an empty directory
};
inline constexpr std::uint32_t kPlaceKinds = 8;

inline constexpr std::uint32_t kPlaceWritable = 1;
inline constexpr std::uint32_t kPlaceOptional = 2;
inline constexpr std::uint32_t kPlaceHasChildren = 4;  // a later place lies beneath this one

struct PlanPlace {
  PlaceKind kind{};
  std::uint32_t flags = 0;
  PlanText source;
  PlanText target;
};

struct PlanHeader {
  std::uint32_t magic = kPlanMagic;
  std::uint32_t version = kPlanVersion;
  std::uint32_t total = 0;
  std::uint32_t arguments = 0;        // count; records follow the header at once
  std::uint32_t environment = 0;      // count; records follow the arguments
  std::uint32_t places = 0;           // count; records follow the environment
  std::uint32_t terminal = 0;         // Terminal
  std::uint32_t unix_sockets = 0;     // UnixSockets
  std::uint32_t polled = 0;           // PolledLimits
  std::uint32_t accepted_layers = 0;  // bit i: layer i may be missing
  std::uint32_t limits_present = 0;   // bit i: limit i is asked
  std::uint32_t observe = 0;          // Observe
  std::uint32_t asks = 0;             // count; texts' records follow the places
  std::uint32_t reserved = 0;
  std::uint64_t limits[8] = {};
  std::uint64_t tmp_bytes = 0;
  PlanText program;
  PlanText directory;
};

// Reads a plan in place. The bytes must outlive the reader and never change.
class PlanReader {
 public:
  // False when anything is off; the reader must then not be used.
  [[nodiscard]] bool open(const void* bytes, std::size_t size) noexcept;

  [[nodiscard]] const PlanHeader& header() const noexcept { return *header_; }
  [[nodiscard]] const char* argument(std::uint32_t i) const noexcept { return text(arguments_[i]); }
  [[nodiscard]] const char* variable(std::uint32_t i) const noexcept {
    return text(environment_[i]);
  }
  [[nodiscard]] const PlanPlace& place(std::uint32_t i) const noexcept { return places_[i]; }
  // A place of which an open may wait for a person.
  [[nodiscard]] std::string_view ask(std::uint32_t i) const noexcept { return view(asks_[i]); }
  [[nodiscard]] const char* text(const PlanText& t) const noexcept { return base_ + t.offset; }
  [[nodiscard]] std::string_view view(const PlanText& t) const noexcept {
    return {base_ + t.offset, t.length};
  }

 private:
  [[nodiscard]] bool is_text(const PlanText& t) const noexcept;
  [[nodiscard]] bool is_place(const PlanPlace& place) const noexcept;

  const char* base_ = nullptr;
  std::size_t size_ = 0;
  const PlanHeader* header_ = nullptr;
  const PlanText* arguments_ = nullptr;
  const PlanText* environment_ = nullptr;
  const PlanPlace* places_ = nullptr;
  const PlanText* asks_ = nullptr;
};

// Absolute, at most kPlanMaxPath bytes, no empty, "." or ".." component, no NUL, no
// trailing slash; "/" alone does not qualify.
[[nodiscard]] bool is_plain_path(std::string_view path) noexcept;
// Whether `inner` is `outer` or lies beneath it; both plain paths.
[[nodiscard]] bool is_within(std::string_view inner, std::string_view outer) noexcept;
// Orders paths so that a parent comes directly before all that lies beneath it.
[[nodiscard]] int compare_paths(std::string_view a, std::string_view b) noexcept;

}  // namespace bailey::effect::process
