"""Accuracies that others recorded."""
