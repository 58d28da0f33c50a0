// A small world: every bare name is a system program but those below, the workspace and
// /tmp are writable, /usr and /etc readable.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/surroundings.h"

namespace bailey::policy {

class SmallWorld final : public Surroundings {
 public:
  Sighting find(std::string_view name, std::string_view directory) const override {
    if (name.empty()) return {};
    std::string path(name);
    if (name.find('/') == std::string_view::npos) {
      if (missing.contains(path)) return {Presence::kNever, {}};
      if (const auto own = places.find(path); own != places.end())
        path = own->second;
      else
        path = "/usr/bin/" + path;
    } else if (name.front() != '/') {
      while (path.starts_with("./")) path.erase(0, 2);
      path = std::string(directory) + "/" + path;
    }
    if (missing.contains(path))
      return {reach(path) == Reach::kWrite ? Presence::kMayCome : Presence::kNever, {path, path}};
    const auto link = links.find(path);
    return {Presence::kThere, {path, link == links.end() ? path : link->second}};
  }
  Reach reach(std::string_view path) const override {
    for (const char* place : {"/home/u/w/", "/tmp/", "/dev/null"})
      if (path.starts_with(place)) return Reach::kWrite;
    for (const char* place : {"/usr/", "/etc/"})
      if (path.starts_with(place)) return Reach::kRead;
    return Reach::kNothing;
  }
  std::string_view home() const override { return "/tmp"; }
  std::string_view directory() const override { return "/home/u/w"; }

  std::span<const std::pair<std::string, std::string>> given() const override { return variables; }

  std::vector<std::pair<std::string, std::string>> variables;
  std::set<std::string> missing;              // names, or paths
  std::map<std::string, std::string> places;  // name -> where it is found
  std::map<std::string, std::string> links;   // found -> real
};

}  // namespace bailey::policy
