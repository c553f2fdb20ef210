"""Keys and hashes: what only this process may hold in the clear."""
