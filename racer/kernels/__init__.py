"""Compiled kernels: floats, arrays and NamedTuples in and out. No strings, no I/O."""
