"""Files: tables of numbers in every usual format, archives of results, and safe replacement of older files."""
