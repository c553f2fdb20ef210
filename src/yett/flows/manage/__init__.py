"""What administrators do: each verb one commit, with the fact that tells of it."""
