#include "common/rl/rows.h"

namespace nyala {

int64_t UnrollSpec::bytes() const {
  int64_t bytes = 0;
  ForEachArray(*this, [&](const ArrayInfo& array) { bytes += array.rows * array.bytes; });
  return E * bytes;
}

void Resize(const UnrollSpec& spec, int64_t T, int64_t columns, Rows* rows) {
  ForEachArray(
      spec, T,
      [columns](const ArrayInfo& info, auto& array) {
        array.resize(info.rows * columns * info.bytes / static_cast<int64_t>(sizeof(array[0])));
      },
      *rows);
}

RowsView ViewOf(const Rows& rows) {
  RowsView view;
  ForEachArray(
      UnrollSpec(), [](const ArrayInfo&, const auto& array, auto& shown) { shown = array; }, rows,
      view);
  return view;
}

}  // namespace nyala
