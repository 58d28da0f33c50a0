#include <array>

#include "codec/utf8.h"
#include "policy/shell/limits.h"
#include "policy/shell/parse.h"

namespace bailey::policy::shell {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Embeddings, overrides, isolates and marks that reorder what is displayed.
constexpr Range kBidi[] = {{0x061C, 0x061C}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};

// Nothing to see, or a line that is not one: soft hyphen, fillers, zero-width space and
// no-break space, invisible operators, separators, interlinear marks, tags. Joiners and
// variation selectors are part of ordinary writing (and of emoji) and pass.
constexpr Range kInvisible[] = {
    {0x0080, 0x009F}, {0x00AD, 0x00AD}, {0x115F, 0x1160},   {0x180E, 0x180E},  {0x200B, 0x200B},
    {0x2028, 0x2029}, {0x2060, 0x2065}, {0x206A, 0x206F},   {0x3164, 0x3164},  {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F}};

template <std::size_t N>
bool in(const Range (&ranges)[N], std::uint32_t point) {
  for (const Range& range : ranges)
    if (point >= range.first && point <= range.last) return true;
  return false;
}

std::unexpected<Error> refuse(std::string_view code, std::string_view what, std::size_t offset) {
  return fail(code, std::string(what) + " at byte " + std::to_string(offset) + " of the line");
}

}  // namespace

Status check_bytes(std::string_view text) {
  if (text.size() > kMaxLineBytes)
    return fail("shell.too_big",
                "the line has more than " + std::to_string(kMaxLineBytes) + " bytes",
                "put the text into a file and run that");
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++i;
      continue;
    }
    if (byte == '\n' || byte == '\t') {
      ++i;
      continue;
    }
    if (byte == 0) return refuse("shell.nul", "a NUL", i);
    if (byte == '\r') return refuse("shell.carriage_return", "a carriage return", i);
    if (byte < 0x80) return refuse("shell.control", "a control character", i);
    const auto step = codec::decode_utf8(text, i);
    if (!step.valid) return refuse("shell.utf8", "invalid UTF-8", i);
    if (in(kBidi, step.point)) return refuse("shell.bidi", "a bidirectional control", i);
    if (in(kInvisible, step.point)) return refuse("shell.invisible", "an invisible character", i);
    i += step.length;
  }
  return {};
}

}  // namespace bailey::policy::shell
