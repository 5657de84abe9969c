"""Samplers measured on tables."""
