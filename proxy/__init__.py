"""How good an architecture looks."""
