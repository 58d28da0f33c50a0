#include "codec/json.h"

#include <cmath>

#include "base/check.h"

namespace bailey::codec {

std::string_view Json::type_name() const noexcept {
  switch (value_.index()) {
    case 0:
      return "null";
    case 1:
      return "boolean";
    case 2:
      return "integer";
    case 3:
      return "number";
    case 4:
      return "string";
    case 5:
      return "array";
    default:
      return "object";
  }
}

bool Json::as_bool() const {
  check(is_bool(), "Json::as_bool of another type");
  return *std::get_if<bool>(&value_);
}

std::int64_t Json::as_int() const {
  check(is_int(), "Json::as_int of another type");
  return *std::get_if<std::int64_t>(&value_);
}

double Json::as_double() const {
  if (is_int()) return static_cast<double>(*std::get_if<std::int64_t>(&value_));
  check(is_double(), "Json::as_double of another type");
  return *std::get_if<double>(&value_);
}

const std::string& Json::as_string() const {
  check(is_string(), "Json::as_string of another type");
  return *std::get_if<std::string>(&value_);
}

const Json::Array& Json::as_array() const {
  check(is_array(), "Json::as_array of another type");
  return *std::get_if<Array>(&value_);
}

const Json::Object& Json::as_object() const {
  check(is_object(), "Json::as_object of another type");
  return *std::get_if<Object>(&value_);
}

Json::Array& Json::as_array() {
  check(is_array(), "Json::as_array of another type");
  return *std::get_if<Array>(&value_);
}

Json::Object& Json::as_object() {
  check(is_object(), "Json::as_object of another type");
  return *std::get_if<Object>(&value_);
}

const Json* Json::find(std::string_view name) const noexcept {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const auto& [key, value] : *object) {
    if (key == name) return &value;
  }
  return nullptr;
}

Json& Json::set(std::string name, Json value) {
  if (is_null()) value_ = Object{};
  auto& object = as_object();
  object.emplace_back(std::move(name), std::move(value));
  return *this;
}

bool is_json_number(double number) noexcept {
  const double size = std::fabs(number);
  return std::isfinite(number) && (size <= static_cast<double>(kMaxJsonInt) || size >= 1e21);
}

std::string at_mark(Mark mark) {
  if (mark.line == 0) return {};
  return " at line " + std::to_string(mark.line) + ", column " + std::to_string(mark.column);
}

}  // namespace bailey::codec
