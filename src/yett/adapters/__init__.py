"""The world: stores, keys, messages, addresses, files."""
