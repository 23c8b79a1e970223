// RockPaperScissors: 100 rounds against an opponent that plays the best response to what the agent
// played lately.
//
// Actions 0 rock, 1 paper, 2 scissors; +1 for a round won, 0 for a tie, -1 for a round lost; the
// episode terminates after round 100. The opponent counts the agent's moves of the last 10 rounds
// and plays what does best against those counts, ties broken at random; it has seen nothing before
// round 1, so its first move is random. Observation: a constant 1 as float32[1], so a policy
// without memory is one mixture of the three moves: a deterministic one loses every round but the
// first (mean return -99), the uniform one gets 0 whatever the opponent does, and any other gets
// less. (A recurrent policy could learn a fixed sequence of moves that outguesses the counts.)
#pragma once

#include <array>
#include <memory>

#include "actor/environment.h"

namespace nyala {

// Reward for `move` against `other`: 1, 0 or -1.
int RockPaperScissorsReward(int move, int other);
// Which moves do best against an opponent who plays move i with weight counts[i].
std::array<bool, 3> BestResponses(const std::array<int, 3>& counts);

std::unique_ptr<Environment> MakeRockPaperScissors();

}  // namespace nyala
