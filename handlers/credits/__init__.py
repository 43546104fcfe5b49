"""A person's credits: what there is, what happened to it, what it went for."""
