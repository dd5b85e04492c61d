"""The bakery page: bakeries and cafés to move and to price in a browser, every number computed and proved by otkit.

`server` serves the files of `static/` and answers a `town` that the browser sends by what `answers` finds out about it.
"""
