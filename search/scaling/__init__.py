"""Stage 2: how width, depth and resolution grow together."""
