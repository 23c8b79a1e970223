// The `nyala` command line, for its own binary and for programs that bring environments, networks
// or algorithms of their own: register them, then call Main.
#pragma once

namespace nyala {

// Runs the command in argv[1] and returns the exit status (deploy/launcher/exit_codes.h). Call it
// before any thread is started, at most once per process. Blocks until the command is done.
int Main(int argc, char** argv);

}  // namespace nyala
