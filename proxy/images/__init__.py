"""Images with labels: where they come from, how they are split and varied."""
