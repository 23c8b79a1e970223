// What a checkpoint costs the trainer: capturing the columns kept for replay, beside encoding them.
//
//   capture_bench [--benchmark_filter=...]
//
// Columns of 20 steps of 84 x 84 x 4 bytes, as Atari's; the argument is how many are kept.
//   Snapshot  what the trainer does at each checkpoint
//   Encode    what it did before, and the writing thread does now (into memory)
//   Add/0, 1  a new column without and with a snapshot that is being written
#include <benchmark/benchmark.h>

#include <memory>

#include "common/system/file.h"
#include "learner/batches/replay_ring.h"

namespace nyala {
namespace {

UnrollSpec AtariSpec() {
  UnrollSpec spec;
  spec.T = 20;
  spec.E = 1;
  spec.observation.dtype = DType::kUint8;
  spec.observation.shape = {4, 84, 84};
  return spec;
}

std::unique_ptr<ReplayRing> Filled(int64_t columns) {
  const UnrollSpec spec = AtariSpec();
  std::unique_ptr<ReplayRing> ring = *ReplayRing::Create(spec, columns);
  Slab slab(spec, 1, 1);
  slab.MaskColumns(0, 1);
  for (int64_t i = 0; i < columns; ++i) ring->Add(slab, 0, 1);
  return ring;
}

void Snapshot(benchmark::State& state) {
  const auto ring = Filled(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(ring->Snapshot());
}
BENCHMARK(Snapshot)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

void Encode(benchmark::State& state) {
  const auto ring = Filled(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Collect(ring->Snapshot()));
}
BENCHMARK(Encode)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

void Add(benchmark::State& state) {
  const auto ring = Filled(1000);
  Slab slab(AtariSpec(), 1, 1);
  slab.MaskColumns(0, 1);
  ByteSource snapshot;
  for (auto _ : state) {
    if (state.range(0) == 1) snapshot = ring->Snapshot();
    for (int64_t i = 0; i < 1000; ++i) ring->Add(slab, 0, 1);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(Add)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nyala

BENCHMARK_MAIN();
