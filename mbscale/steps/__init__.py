"""The steps of a run over its folder: open, search, confirm, scale, make the family."""
