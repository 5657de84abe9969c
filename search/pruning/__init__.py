"""Which trainings end early."""
