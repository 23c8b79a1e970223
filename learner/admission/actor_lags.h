// ActorLags: how far behind the actors that are present lately were, one figure for each.
//
// An actor's figure is the mean lag of its columns, the newest unrolls counting most: what is older
// than a few tens of unrolls counts for little. Constant memory for an actor, freed with it.
// Not thread-safe: the owner guards it.
#pragma once

#include <cstdint>
#include <map>

namespace nyala {

class ActorLags {
 public:
  // An unroll of so many columns was trained on so many versions late.
  void Add(uint32_t actor, uint64_t lag, uint64_t columns);
  // It has left.
  void Forget(uint32_t actor) { lags_.erase(actor); }

  // Over the actors of which something was trained on; 0 without any.
  struct Summary {
    double p50 = 0;
    double p90 = 0;
    double max = 0;
  };
  Summary Summarize() const;

 private:
  struct Lag {
    double mean = 0;
    double columns = 0;  // that count for it
  };
  std::map<uint32_t, Lag> lags_;
};

}  // namespace nyala
