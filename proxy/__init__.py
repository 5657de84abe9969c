"""How good an architecture looks on a cheap task."""
