"""How fast it is, as ratios: the same work done by Candor and by the least that could do it, in one run."""
