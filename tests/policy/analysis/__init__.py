"""The exhaustive analysis of policies, tested against counting by hand and by brute force."""
