#include "deploy/render/palette.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace nyala {
namespace {

struct Entry {
  PackedColor color;
  int64_t count;
  int part(int channel) const { return static_cast<int>(color >> (16 - 8 * channel) & 0xff); }
};

// Colours that share an index: [begin, end) of the entries.
struct Box {
  size_t begin, end;
  int channel = 0;  // the one of the widest range
  int range = 0;
};

Box MakeBox(const std::vector<Entry>& entries, size_t begin, size_t end) {
  Box box{begin, end};
  for (int channel = 0; channel < 3; ++channel) {
    int low = 255, high = 0;
    for (size_t i = begin; i < end; ++i) {
      low = std::min(low, entries[i].part(channel));
      high = std::max(high, entries[i].part(channel));
    }
    if (high - low <= box.range) continue;
    box.range = high - low;
    box.channel = channel;
  }
  return box;
}

// Into halves of about as many pixels; both hold a colour, as a range above 0 has two.
std::pair<Box, Box> Split(const Box& box, std::vector<Entry>& entries) {
  const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(box.begin);
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(box.end);
  std::sort(begin, end, [&](const Entry& a, const Entry& b) {
    return std::pair(a.part(box.channel), a.color) < std::pair(b.part(box.channel), b.color);
  });
  int64_t all = 0, below = 0;
  for (auto entry = begin; entry != end; ++entry) all += entry->count;
  size_t middle = box.begin;
  while (middle + 1 < box.end && (middle == box.begin || 2 * below < all)) {
    below += entries[middle++].count;
  }
  return {MakeBox(entries, box.begin, middle), MakeBox(entries, middle, box.end)};
}

Color MeanOf(const Box& box, const std::vector<Entry>& entries) {
  int64_t count = 0, sum[3] = {};
  for (size_t i = box.begin; i < box.end; ++i) {
    count += entries[i].count;
    for (int channel = 0; channel < 3; ++channel) {
      sum[channel] += entries[i].part(channel) * entries[i].count;
    }
  }
  const auto mean = [&](int channel) {
    return static_cast<uint8_t>((sum[channel] + count / 2) / count);
  };
  return {mean(0), mean(1), mean(2)};
}

// The most that a colour differs from its entry, in red, green or blue.
int LargestError(const Palette& palette) {
  int largest = 0;
  for (const auto& [color, index] : palette.index) {
    const Entry wanted{color, 0};
    const Color& got = palette.colors[index];
    largest = std::max({largest, std::abs(wanted.part(0) - got.red),
                        std::abs(wanted.part(1) - got.green), std::abs(wanted.part(2) - got.blue)});
  }
  return largest;
}

}  // namespace

Palette MakePalette(const std::unordered_map<PackedColor, int64_t>& counts, size_t most) {
  std::vector<Entry> entries;
  for (const auto& [color, count] : counts) entries.push_back({color, count});
  // The same palette whatever order the map has.
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.color < b.color; });
  std::vector<Box> boxes;
  if (entries.size() <= most) {
    for (size_t i = 0; i < entries.size(); ++i) boxes.push_back(MakeBox(entries, i, i + 1));
  } else {
    boxes.push_back(MakeBox(entries, 0, entries.size()));
  }
  while (entries.size() > most && boxes.size() < most) {
    const auto widest = std::max_element(
        boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.range < b.range; });
    const auto [below, above] = Split(*widest, entries);
    *widest = below;
    boxes.push_back(above);
  }
  Palette palette;
  for (const Box& box : boxes) {
    for (size_t i = box.begin; i < box.end; ++i) {
      palette.index[entries[i].color] = static_cast<uint8_t>(palette.colors.size());
    }
    palette.colors.push_back(MeanOf(box, entries));
  }
  return palette;
}

Palette MakeSmallPalette(const std::unordered_map<PackedColor, int64_t>& counts, int tolerance) {
  for (const size_t most : {31, 63, 127}) {
    Palette palette = MakePalette(counts, most);
    if (LargestError(palette) <= tolerance) return palette;
  }
  return MakePalette(counts, 255);
}

}  // namespace nyala
