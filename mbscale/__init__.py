"""Search MBConv baselines on a proxy task, then scale them."""
