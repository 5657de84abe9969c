"""Short training: the loop, its optimizer and its device."""
