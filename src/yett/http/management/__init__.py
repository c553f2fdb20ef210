"""The management API: Auth0's, and ours where Auth0 has none. Requests to flow calls and back."""
