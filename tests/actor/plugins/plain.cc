// A shared library, but no plug-in.
extern "C" int Plain() { return 1; }
