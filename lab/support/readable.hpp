// What does a CHECK that fails show of the two values? doctest can show numbers and text; here is
// the rest, once for all tests. It is among the headers that are precompiled for them, so each has
// it.
#pragma once

// What cannot be shown does not compile. (Without this, doctest shows it as {?}.)
#define DOCTEST_CONFIG_REQUIRE_STRINGIFICATION_FOR_ALL_USED_TYPES
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lab {

/// A class that has a name for its value already.
template <class T>
concept Text = requires(const T& value) {
  to_string(value);
}
|| std::convertible_to<const T&, std::string_view>;

/// A set of flags, or a key.
template <class T>
concept Bits = requires(const T& value) {
  value.bits();
};

/// A number under another name.
template <class T>
concept Number = requires(const T& number) {
  number.value + 0;
};

/// Like a vector.
template <class T>
concept Elements = requires(const T& all) {
  all.begin() != all.end();
};

/// Something of which it is no use to see more than what it is: nothing is in it, or it only leads
/// to something, or it is equal to no other.
template <class T>
concept Nameless = std::is_empty_v<T> || std::input_iterator<T> || !std::equality_comparable<T>;

template <class T>
concept Readable = std::is_class_v<T> && !doctest::detail::has_insertion_operator<T>::value &&
                   (Text<T> || Bits<T> || Number<T> || Elements<T> || Nameless<T>);

template <Readable T>
doctest::String readable(const T& value) {
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    return doctest::toString(std::string(std::string_view(value)));
  } else if constexpr (Text<T>) {
    return doctest::toString(to_string(value));
  } else if constexpr (Bits<T>) {
    return doctest::toString(value.bits());
  } else if constexpr (Number<T>) {
    return doctest::toString(value.value);
  } else if constexpr (Elements<T>) {
    // A vector of bool has something in the place of each.
    using Element = std::iter_value_t<decltype(value.begin())>;
    doctest::String all;
    for (const Element& each : value) {
      all += (all.size() == 0 ? "" : ", ") + doctest::toString(each);
    }
    return "{" + all + "}";
  } else {
    return doctest::toString<T>();  // the type's name
  }
}

/// "{1, 2}"
template <class First, class... Rest>
doctest::String in_braces(const First& first, const Rest&... rest) {
  return "{" + (doctest::toString(first) + ... + (", " + doctest::toString(rest))) + "}";
}

/// "250ms": not rounded, so two that differ look different.
inline doctest::String exactly(std::chrono::nanoseconds time) {
  using namespace std::chrono_literals;
  if (time % 1s == 0ns) return doctest::toString(time / 1s) + "s";
  if (time % 1ms == 0ns) return doctest::toString(time / 1ms) + "ms";
  if (time % 1us == 0ns) return doctest::toString(time / 1us) + "us";
  return doctest::toString(time.count()) + "ns";
}

}  // namespace lab

namespace doctest {

template <lab::Readable T>
struct StringMaker<T> {
  static String convert(const T& value) { return lab::readable(value); }
};

template <>
struct StringMaker<std::nullopt_t> {
  static String convert(std::nullopt_t) { return "nothing"; }
};

template <class T>
struct StringMaker<std::optional<T>> {
  static String convert(const std::optional<T>& value) {
    return value ? toString(*value) : toString(std::nullopt);
  }
};

template <class T>
struct StringMaker<std::atomic<T>> {
  static String convert(const std::atomic<T>& value) { return toString(value.load()); }
};

template <class First, class Second>
struct StringMaker<std::pair<First, Second>> {
  static String convert(const std::pair<First, Second>& both) {
    return lab::in_braces(both.first, both.second);
  }
};

template <class... Values>
struct StringMaker<std::tuple<Values...>> {
  static String convert(const std::tuple<Values...>& all) {
    return std::apply([](const auto&... each) { return lab::in_braces(each...); }, all);
  }
};

template <class Count, class Period>
struct StringMaker<std::chrono::duration<Count, Period>> {
  static String convert(const std::chrono::duration<Count, Period>& time) {
    return lab::exactly(std::chrono::duration_cast<std::chrono::nanoseconds>(time));
  }
};

/// Since whenever its clock began to count.
template <class Clock, class Duration>
struct StringMaker<std::chrono::time_point<Clock, Duration>> {
  static String convert(const std::chrono::time_point<Clock, Duration>& time) {
    return toString(time.time_since_epoch());
  }
};

}  // namespace doctest
