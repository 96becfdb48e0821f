#include "document.hpp"

#include <algorithm>

namespace check_text {
namespace {

std::size_t leading(const std::string& text, char what) {
  return std::min(text.find_first_not_of(what), text.size());
}

/// Takes one line after the other.
class Parser {
 public:
  void take(const std::string& text) {
    ++line_;
    const std::size_t indent = leading(text, ' ');
    const std::string content = text.substr(indent);
    if (fence_ != 0) {
      inside(text, indent, content);
    } else if (content.starts_with("```") &&
               content.find('`', leading(content, '`')) == std::string::npos) {
      open(indent, content);
    } else {
      outside(content);
    }
  }

  Document end() {
    if (fence_ != 0) document_.failures.push_back({document_.blocks.back().line, "never closed"});
    return std::move(document_);
  }

 private:
  void open(std::size_t indent, const std::string& content) {
    fence_ = leading(content, '`');
    indent_ = indent;
    Block block{line_, document_.headings.size(), {}, split_words(content.substr(fence_)), {}};
    if (!block.words.empty()) {
      block.kind = block.words.front();
      block.words.erase(block.words.begin());
    }
    document_.blocks.push_back(std::move(block));
  }

  void inside(const std::string& text, std::size_t indent, const std::string& content) {
    const bool only_backticks = leading(content, '`') == content.size();
    if (only_backticks && content.size() >= fence_) {
      fence_ = 0;
    } else {
      document_.blocks.back().lines.push_back(text.substr(std::min(indent, indent_)));
    }
  }

  void outside(const std::string& content) {
    if (content.find("```") != std::string::npos || content.starts_with("~~~")) {
      document_.failures.push_back(
          {line_, "only a fence of ``` that begins its line makes a block that is checked"});
    }
    document_.prose.push_back({line_, content});
    const std::size_t level = leading(content, '#');
    if (level == 0 || level > 6 || !content.substr(level).starts_with(' ')) return;
    document_.headings.push_back({{line_, content.substr(level + 1)}, level});
  }

  Document document_;
  std::size_t line_ = 0;
  std::size_t fence_ = 0;  // the number of backticks that opened the block we are in, or 0
  std::size_t indent_ = 0;
};

}  // namespace

std::optional<std::string> Block::attribute(const std::string& name) const {
  for (const std::string& word : words) {
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  }
  return std::nullopt;
}

Document parse(const Lines& lines) {
  Parser parser;
  for (const std::string& line : lines) parser.take(line);
  return parser.end();
}

}  // namespace check_text
