"""One file or folder per factor. Pure: a factor judges, it does not act."""
