"""One network with shared weights for a whole space."""
