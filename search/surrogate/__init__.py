"""The sampler `surrogate`: accuracy is modeled, cost is known."""
