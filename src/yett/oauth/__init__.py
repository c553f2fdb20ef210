"""The protocols as judgement: what a request asks, what it is answered, what a token says. Pure."""
