"""Compiled kernels: floats, arrays and NamedTuples in, floats and arrays out. No strings, no I/O."""
