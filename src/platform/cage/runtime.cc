// runtime: what a program needs before its first line when there is no libc.
//
// There are no constructors: a static object is constinit or it does not start (the
// image refuses to run when the linker found any). _start relocates the position-independent image,
// gives the compiler's stack protector its word of thread-local memory, and calls bailey_main. The
// memory functions are the ones that the compiler calls by itself.
#include <asm/prctl.h>
#include <elf.h>

#include <cstddef>
#include <cstdint>

#include "platform/cage/sys.h"

extern "C" {

int bailey_main(int argc, char** argv, char** environment);

void* memcpy(void* __restrict to, const void* __restrict from, std::size_t n) {
  void* const result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
  return result;
}
void* memmove(void* to, const void* from, std::size_t n) {
  auto* target = static_cast<unsigned char*>(to);
  auto* source = static_cast<const unsigned char*>(from);
  if (target <= source || target >= source + n) return memcpy(to, from, n);
  while (n > 0) {
    --n;
    target[n] = source[n];
    __asm__ volatile("" : : : "memory");  // or the compiler makes this loop a memmove
  }
  return to;
}
void* memset(void* to, int value, std::size_t n) {
  void* const result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
  return result;
}
int memcmp(const void* a, const void* b, std::size_t n) {
  auto* left = static_cast<const unsigned char*>(a);
  auto* right = static_cast<const unsigned char*>(b);
  for (std::size_t i = 0; i < n; ++i) {
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return 0;
}
std::size_t strlen(const char* text) {
  std::size_t n = 0;
  while (text[n] != '\0') {
    ++n;
    __asm__ volatile("" : : : "memory");
  }
  return n;
}

void* memchr(const void* in, int value, std::size_t n) {
  auto* bytes = static_cast<const unsigned char*>(in);
  for (std::size_t i = 0; i < n; ++i) {
    if (bytes[i] == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(bytes + i);
  }
  return nullptr;
}

[[noreturn]] void __stack_chk_fail() {
  bailey::platform::cage::sys::kill(bailey::platform::cage::sys::getpid(), 9);
  bailey::platform::cage::sys::exit(121);
}
}

namespace std {
[[noreturn]] void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept {
  __stack_chk_fail();
}
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { __stack_chk_fail(); }
}  // namespace std

namespace {

// The thread control block: a pointer to itself at 0, the stack guard at 0x28.
struct alignas(64) ThreadBlock {
  void* self;
  std::uintptr_t unused[4];
  std::uintptr_t guard;
  std::uintptr_t room[10];
};
ThreadBlock thread_block;

struct Auxiliary {
  std::uintptr_t type, value;
};

// Adds the load address to every pointer that the linker left relative.
[[gnu::no_stack_protector]] bool relocate(std::uintptr_t base, const Elf64_Dyn* dynamic) {
  const Elf64_Rela* relocations = nullptr;
  std::size_t bytes = 0;
  for (auto* entry = dynamic; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_RELA) {
      relocations = reinterpret_cast<const Elf64_Rela*>(base + entry->d_un.d_ptr);
    }
    if (entry->d_tag == DT_RELASZ) bytes = entry->d_un.d_val;
  }
  for (std::size_t i = 0; i < bytes / sizeof(Elf64_Rela); ++i) {
    if (ELF64_R_TYPE(relocations[i].r_info) != R_X86_64_RELATIVE) return false;
    *reinterpret_cast<std::uintptr_t*>(base + relocations[i].r_offset) =
        base + static_cast<std::uintptr_t>(relocations[i].r_addend);
  }
  return true;
}

// Makes read-only again what only relocation had to write.
[[gnu::no_stack_protector]] void seal(std::uintptr_t base, const Elf64_Phdr* headers,
                                      std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (headers[i].p_type != PT_GNU_RELRO) continue;
    const std::uintptr_t start = (base + headers[i].p_vaddr) & ~std::uintptr_t{4095};
    const std::uintptr_t end =
        (base + headers[i].p_vaddr + headers[i].p_memsz) & ~std::uintptr_t{4095};
    if (end > start) bailey::platform::cage::sys::call(__NR_mprotect, start, end - start, 1);
  }
}

}  // namespace

extern "C" [[noreturn]] [[gnu::no_stack_protector, gnu::used]] void bailey_begin(
    long* stack, std::uintptr_t base, const Elf64_Dyn* dynamic, std::size_t constructors) {
  namespace sys = bailey::platform::cage::sys;
  if (constructors != 0) sys::exit(121);
  if (!relocate(base, dynamic)) sys::exit(121);
  const int argc = static_cast<int>(stack[0]);
  char** argv = reinterpret_cast<char**>(stack + 1);
  char** environment = argv + argc + 1;
  char** end = environment;
  while (*end != nullptr) ++end;
  const Elf64_Phdr* headers = nullptr;
  std::size_t count = 0;
  std::uintptr_t guard = 0;
  for (auto* aux = reinterpret_cast<const Auxiliary*>(end + 1); aux->type != AT_NULL; ++aux) {
    if (aux->type == AT_PHDR) headers = reinterpret_cast<const Elf64_Phdr*>(aux->value);
    if (aux->type == AT_PHNUM) count = aux->value;
    if (aux->type == AT_RANDOM) guard = *reinterpret_cast<const std::uintptr_t*>(aux->value);
  }
  seal(base, headers, count);
  thread_block.self = &thread_block;
  thread_block.guard = guard & ~std::uintptr_t{0xff};  // a NUL stops string overruns
  sys::call(__NR_arch_prctl, ARCH_SET_FS, &thread_block);
  sys::exit(bailey_main(argc, argv, environment));
}

__asm__(
    ".text\n.globl _start\n.type _start,@function\n_start:\n"
    "  endbr64\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n"
    "  lea __ehdr_start(%rip), %rsi\n  lea _DYNAMIC(%rip), %rdx\n"
    "  lea __init_array_start(%rip), %rax\n  lea __init_array_end(%rip), %rcx\n"
    "  sub %rax, %rcx\n  .hidden __init_array_start\n  .hidden __init_array_end\n"
    "  .hidden __ehdr_start\n  .hidden _DYNAMIC\n"
    "  and $-16, %rsp\n  call bailey_begin\n  hlt\n");
