"""Recorded accuracies: what they are, and what was fitted to them."""
