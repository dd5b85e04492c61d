"""The constants of float64 (IEEE 754 binary64)."""

EPS = 2.0**-52  # from 1 to the next float: twice the unit roundoff
TINY = 2.0**-1022  # the smallest normal number
LEAST = 2.0**-1074  # the smallest positive number
LARGEST = (2.0 - EPS) * 2.0**1023  # the largest number
SMALLEST = TINY / EPS  # a number below has lost digits to underflow, or a square on the way to it has
