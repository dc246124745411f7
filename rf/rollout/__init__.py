"""Rollouts: a version or a feature reaches its users step by step, on evidence, and comes back."""
