// How are tasks kept in lists without asking for memory? The links are in the tasks.
#pragma once

#include <cassert>
#include <utility>

namespace runtime {

/// Tasks that are to run, first in, first out, linked by `Item::next_scheduled`.
template <class Item>
class Queue {
 public:
  Queue() = default;
  Queue(Queue&& other) noexcept { append(other); }

  [[nodiscard]] bool empty() const { return first_ == nullptr; }

  void push(Item& item) {
    item.next_scheduled = nullptr;
    (first_ == nullptr ? first_ : last_->next_scheduled) = &item;
    last_ = &item;
  }

  /// Takes the first one out; nullptr if there is none.
  Item* pop() {
    Item* const item = first_;
    if (item != nullptr) first_ = item->next_scheduled;
    return item;
  }

  /// Moves all of `other` behind what is here.
  void append(Queue& other) {
    if (other.empty()) return;
    (first_ == nullptr ? first_ : last_->next_scheduled) = std::exchange(other.first_, nullptr);
    last_ = other.last_;
  }

 private:
  Item* first_ = nullptr;
  Item* last_ = nullptr;  // means something while there is a first one
};

/// Tasks that are alive, linked both ways by `Item::older` and `Item::newer`. The `older` of one
/// that is in no list refers to itself.
template <class Item>
class List {
 public:
  [[nodiscard]] bool empty() const { return newest_ == nullptr; }
  /// From here `older` leads to all others.
  [[nodiscard]] Item* newest() const { return newest_; }

  void insert(Item& item) {
    item.newer = nullptr;
    item.older = newest_;
    if (newest_ != nullptr) newest_->newer = &item;
    newest_ = &item;
  }

  /// Without effect on one that is in no list.
  void erase(Item& item) {
    if (item.older == &item) return;
    assert((item.newer == nullptr) == (newest_ == &item));
    (item.newer == nullptr ? newest_ : item.newer->older) = item.older;
    if (item.older != nullptr) item.older->newer = item.newer;
    item.older = &item;
  }

 private:
  Item* newest_ = nullptr;
};

}  // namespace runtime
