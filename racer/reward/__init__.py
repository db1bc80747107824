"""Reward functions: their params, and how a file is loaded and called."""
