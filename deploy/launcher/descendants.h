// The processes below this one: its children, theirs, and so on. As /proc tells; without it there
// are none. Blocking: for as long as KillDescendants takes. Threads: any, one at a time.
#pragma once

namespace nyala {

// Kills all of them, also what they start meanwhile and what loses its parent, and returns when
// none lives; or after `limit_seconds`, as one that waits for a broken disk dies when that answers.
// Afterwards, too, what loses its parent becomes this process's child.
void KillDescendants(double limit_seconds = 5);

}  // namespace nyala
