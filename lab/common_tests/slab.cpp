// Does a key find its own value, and never another's?

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/poller/slab.hpp"

namespace common {
namespace {

std::vector<int> values(Slab<int>& slab) {
  std::vector<int> found;
  slab.for_each([&](SlabKey, int value) { found.push_back(value); });
  return found;
}

TEST_SUITE("slab") {
  TEST_CASE("a key finds its value until it is erased") {
    Slab<std::string> slab;
    CHECK(slab.empty());
    const auto a = slab.insert("a");
    const auto b = slab.insert("b");
    CHECK(slab.size() == 2);
    CHECK(*slab.find(a) == "a");
    CHECK(*slab.find(b) == "b");
    CHECK(slab.erase(a));
    CHECK(slab.find(a) == nullptr);
    CHECK(*slab.find(b) == "b");
    CHECK(slab.size() == 1);
  }

  TEST_CASE("a slot is used again, and the old key does not find the new value") {
    Slab<int> slab;
    const auto old_key = slab.insert(1);
    slab.erase(old_key);
    const auto new_key = slab.insert(2);
    CHECK(new_key.index == old_key.index);
    CHECK(slab.find(old_key) == nullptr);
    CHECK(!slab.erase(old_key));
    CHECK(*slab.find(new_key) == 2);
  }

  TEST_CASE("slots are used again whatever the order in which they became free") {
    Slab<int> slab;
    std::vector<SlabKey> keys;
    for (int i = 0; i < 10; ++i) keys.push_back(slab.insert(i));
    for (const std::size_t i : {3u, 9u, 0u, 5u}) CHECK(slab.erase(keys[i]));
    CHECK(values(slab) == std::vector{1, 2, 4, 6, 7, 8});
    for (int i = 0; i < 4; ++i) CHECK(slab.insert(100).index < 10);
    CHECK(slab.insert(100).index == 10);
    CHECK(slab.size() == 11);
  }

  TEST_CASE("a key that nobody handed out finds nothing") {
    Slab<int> slab;
    CHECK(slab.find(SlabKey{}) == nullptr);
    const auto key = slab.insert(1);
    CHECK(slab.find(SlabKey{}) == nullptr);
    CHECK(slab.find(SlabKey::from_bits(~0ull)) == nullptr);
    CHECK(slab.find(SlabKey{7, 1}) == nullptr);
    slab.erase(key);
    CHECK(slab.find(SlabKey{key.index, key.generation + 1}) == nullptr);  // not yet
  }

  TEST_CASE("a key survives the way through a number, its generation in the high half") {
    const SlabKey key{0x89abcdef, 0xfedcba98};
    CHECK(key.bits() == 0xfedcba9889abcdef);
    CHECK(SlabKey::from_bits(key.bits()) == key);
  }

  TEST_CASE("a slot whose generations are used up is retired, and no key comes twice") {
    Slab<int, 3> slab;
    const auto first = slab.insert(1);
    slab.erase(first);
    const auto second = slab.insert(2);
    CHECK(second.index == first.index);
    slab.erase(second);
    const auto third = slab.insert(3);
    CHECK(third.index != first.index);
    CHECK(slab.find(first) == nullptr);
    CHECK(slab.find(second) == nullptr);
    CHECK(*slab.find(third) == 3);
    CHECK(slab.size() == 1);
  }

  TEST_CASE("a pointer to a value stays valid while others come and go") {
    Slab<std::string> slab;
    const auto key = slab.insert("stays");
    const std::string* const before = slab.find(key);
    for (int i = 0; i < 1000; ++i) slab.insert("comes");
    CHECK(slab.find(key) == before);
    CHECK(*before == "stays");
  }

  TEST_CASE("for_each visits what is there, and its visitor may erase and insert") {
    Slab<int> slab;
    for (int i = 0; i < 6; ++i) slab.insert(i);
    slab.for_each([&](SlabKey key, int value) {
      CHECK(*slab.find(key) == value);
      if (value % 2 == 0) slab.erase(key);
      if (value == 1) slab.insert(7);
    });
    CHECK(slab.size() == 4);
    CHECK(values(slab) == std::vector{7, 1, 3, 5});
  }

  TEST_CASE("a value can look itself up while it is destroyed, and finds that it is gone") {
    struct Curious {
      Slab<std::unique_ptr<Curious>>* slab;
      SlabKey self;
      bool* found;
      ~Curious() { *found = slab->find(self) != nullptr || slab->erase(self); }
    };
    Slab<std::unique_ptr<Curious>> slab;
    bool found = true;
    const auto key = slab.insert(std::unique_ptr<Curious>(new Curious{&slab, {}, &found}));
    (*slab.find(key))->self = key;
    slab.erase(key);
    CHECK(!found);
    CHECK(slab.empty());
  }
}

}  // namespace
}  // namespace common
