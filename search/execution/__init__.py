"""Where calls run, and what they may take."""
