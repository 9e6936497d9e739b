"""Benchmarks: ours beside the peer and the floor, in one run; ratios first, since machines differ."""
