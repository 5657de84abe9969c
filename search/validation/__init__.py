"""How far a proxy's order of networks can be trusted."""
