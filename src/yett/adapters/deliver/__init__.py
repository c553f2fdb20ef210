"""Messages to people: their words, and the providers that carry them."""
