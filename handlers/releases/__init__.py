"""Published versions of the tool."""
