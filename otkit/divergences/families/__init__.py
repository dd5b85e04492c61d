"""Closed forms, one file for each kind of family: each returns a `Pair`, what is known of two of its members."""
