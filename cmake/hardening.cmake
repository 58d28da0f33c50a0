# Flags that every program of ours is built with.
add_library(bailey_flags INTERFACE)
target_compile_options(bailey_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Werror=return-type -Werror=switch
  -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
  -ffunction-sections -fdata-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(bailey_flags INTERFACE -ftrivial-auto-var-init=zero)
endif()
target_compile_definitions(bailey_flags INTERFACE _GNU_SOURCE)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(BAILEY_SANITIZE)
  target_compile_options(bailey_flags INTERFACE -fsanitize=${BAILEY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(bailey_flags INTERFACE -fsanitize=${BAILEY_SANITIZE})
else()
  # Fortify needs optimisation; a debug build goes without.
  target_compile_options(bailey_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)
  target_compile_definitions(bailey_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(BAILEY_COVERAGE)
  target_compile_options(bailey_flags INTERFACE --coverage -fprofile-update=atomic -fprofile-abs-path)
  target_link_options(bailey_flags INTERFACE --coverage)
endif()
target_link_options(bailey_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
