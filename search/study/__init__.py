"""What a search keeps on disk: its journal, and who may write it."""
