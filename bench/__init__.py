"""Benchmarks. `bin/bench` is the comparison with the tutorial; see docs/benchmarks.md."""
