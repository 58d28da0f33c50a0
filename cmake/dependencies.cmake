# Third-party libraries, each with its reason in docs/dependencies.md. Static
# archives are preferred for the shipped programs: a caged run starts in about two
# milliseconds and a dynamic linker would take one of them.
find_package(Threads REQUIRED)

function(bailey_find_archive target)
  cmake_parse_arguments(A "" "HEADER" "NAMES" ${ARGN})
  find_library(${target}_ARCHIVE NAMES ${A_NAMES} REQUIRED)
  find_path(${target}_INCLUDE NAMES ${A_HEADER} REQUIRED)
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE ${${target}_ARCHIVE})
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
endfunction()

bailey_find_archive(dep_crypto NAMES libcrypto.a HEADER openssl/sha.h)
bailey_find_archive(dep_sodium NAMES libsodium.a HEADER sodium.h)
bailey_find_archive(dep_json NAMES libboost_json.a HEADER boost/json.hpp)
bailey_find_archive(dep_yaml NAMES libyaml-cpp.a HEADER yaml-cpp/yaml.h)
find_path(dep_pkcs11_INCLUDE NAMES p11-kit/pkcs11.h PATH_SUFFIXES p11-kit-1 REQUIRED)
find_path(dep_cli11_INCLUDE NAMES CLI/CLI.hpp REQUIRED)
add_library(dep_cli11 INTERFACE)
target_include_directories(dep_cli11 SYSTEM INTERFACE ${dep_cli11_INCLUDE})

find_path(dep_net_INCLUDE NAMES boost/beast.hpp REQUIRED)
add_library(dep_net INTERFACE)
target_include_directories(dep_net SYSTEM INTERFACE ${dep_net_INCLUDE})
target_link_libraries(dep_net INTERFACE Threads::Threads)

if(BAILEY_TESTS)
  find_package(GTest REQUIRED)
endif()
if(BAILEY_BENCH)
  find_package(benchmark REQUIRED)
endif()
