// The gate as a program of its own, so that the tests of the bridge need no other box.
#include "firmware-bridge/gate_process.hpp"

int main(int argc, char** argv) { return greenroom::run_gate({argv + 1, argv + argc}); }
