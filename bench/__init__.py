"""Benchmarks of the project's own speed. They print ratios, and fail on a missed goal."""
